// Vectors says which proof vectors hold by Go's own checks: `vectors FILE`, with a file that tests/vectors/make_proofs.py
// made. Prints {"holds": {name: whether}}. Trees of no leaves are left out: tlog knows none.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

type vector struct {
	Name      string   `json:"name"`
	LeafIndex int64    `json:"leaf_index"`
	TreeSize  int64    `json:"tree_size"`
	LeafHash  string   `json:"leaf_hash"`
	Root      string   `json:"root"`
	OldSize   int64    `json:"old_size"`
	NewSize   int64    `json:"new_size"`
	OldRoot   string   `json:"old_root"`
	NewRoot   string   `json:"new_root"`
	Proof     []string `json:"proof"`
}

func main() {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(content, &file); err != nil {
		fail(err)
	}
	told := map[string]bool{}
	for _, one := range file.Vectors {
		if one.LeafHash == "" && (one.OldSize == 0 || one.NewSize == 0) {
			continue
		}
		told[one.Name] = holds(one)
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]interface{}{"holds": told})
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "vectors:", err)
	os.Exit(2)
}

func holds(one vector) bool {
	var proof []tlog.Hash
	for _, text := range one.Proof {
		hash, ok := hashOf(text)
		if !ok {
			return false
		}
		proof = append(proof, hash)
	}
	if one.LeafHash != "" {
		leaf, ok := hashOf(one.LeafHash)
		root, rootOK := hashOf(one.Root)
		return ok && rootOK && tlog.CheckRecord(proof, one.TreeSize, root, one.LeafIndex, leaf) == nil
	}
	old, ok := hashOf(one.OldRoot)
	root, rootOK := hashOf(one.NewRoot)
	return ok && rootOK && tlog.CheckTree(proof, one.NewSize, root, one.OldSize, old) == nil
}

func hashOf(text string) (tlog.Hash, bool) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != tlog.HashSize {
		return tlog.Hash{}, false
	}
	var hash tlog.Hash
	copy(hash[:], data)
	return hash, true
}
