package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// emptyRoot is the root of a tree without leaves (RFC 6962 2.1); tlog itself has no tree of size 0.
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// openCheckpoint returns the tree that a signed checkpoint says, once the key's signature on it holds.
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, errors.New("is of another log than the key")
	}
	// The lines below a log's name are those of the checksum database's own tree, which tlog reads strictly.
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	if err == nil && tree.N == 0 && tree.Hash != emptyRoot {
		err = errors.New("the root of a log without entries is wrong")
	}
	return tree, err
}

// checkProof checks a proof file (C2SP tlog-proof) and says which entry it proves.
func checkProof(result *report, verifier note.Verifier, path, entryPath string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return usageError{err.Error()}
	}
	var entry []byte
	if entryPath != "" {
		if entry, err = os.ReadFile(entryPath); err != nil {
			return usageError{err.Error()}
		}
	}
	head, signed, found := strings.Cut(string(content), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		result.wrong(path, "is no proof file")
		return nil
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		extra, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[0], "extra "))
		if err != nil {
			result.wrong(path, "its extra line is not base64")
			return nil
		}
		// Lockplate puts the entry itself there. Nothing vouches for it but the hash that is checked below.
		if entryPath == "" {
			entry = extra
		}
		lines = lines[1:]
	} else if entryPath == "" {
		return usageError{"the proof file carries no entry: give it with -entry-file"}
	}
	index, proof, err := readPath(lines)
	if err != nil {
		result.wrong(path, "%v", err)
		return nil
	}
	tree, err := openCheckpoint([]byte(signed), verifier)
	if err != nil {
		result.wrong("checkpoint", "%v", err)
		return nil
	}
	result.Origin, result.Size, result.Root = verifier.Name(), tree.N, tree.Hash.String()
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		result.wrong(path, "does not prove its entry: %v", err)
		return nil
	}
	result.Index, result.Entry, result.Inclusion = &index, string(entry), 1
	return nil
}

// readPath reads the place and the hashes of a proof file.
func readPath(lines []string) (int64, tlog.RecordProof, error) {
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return 0, nil, errors.New("names no place in the log")
	}
	digits := strings.TrimPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || index < 0 || strconv.FormatInt(index, 10) != digits {
		return 0, nil, errors.New("names no place in the log")
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, nil, err
		}
		proof = append(proof, hash)
	}
	return index, proof, nil
}
