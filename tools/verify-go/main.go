// Verify checks a Lockplate log from outside: with the log's public key, Go's own packages for the checksum database
// of modules (golang.org/x/mod/sumdb/note and tlog), and no code that the log's server runs.
//
// Build it, on Debian or Ubuntu after `apt-get install golang-go golang-golang-x-mod-dev`, from the folder above tools:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify ./tools/verify-go
//
// Use it:
//
//	verify log -key KEY [-old CHECKPOINT]... [-entry N]... [-json] FOLDER-OR-URL
//	verify proof -key KEY [-entry-file FILE] [-json] FILE
//
// KEY is the log's key, `name+hash+base64`, or a file that holds it. Get it from somebody else than the log's server.
// Exit code: 0 sound, 1 not sound (each thing that is wrong is named), 2 used wrongly.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const usage = `usage: verify log -key KEY [-old CHECKPOINT]... [-entry N]... [-json] FOLDER-OR-URL
       verify proof -key KEY [-entry-file FILE] [-json] FILE

log    checks a whole log, from a folder or straight from its server: the signature, every tile of hashes, every
       bundle of entries, proofs for some entries, and that it extends every older checkpoint given with -old
proof  checks one proof file, with nothing else than the key

Exit code: 0 sound, 1 not sound, 2 used wrongly.
`

const (
	exitSound   = 0
	exitUnsound = 1
	exitUsage   = 2
)

// A problem is one thing that is not as it must be, and where.
type problem struct {
	Where string `json:"where"`
	Says  string `json:"says"`
}

// A report is what was looked at and what was wrong with it.
type report struct {
	Sound       bool      `json:"sound"`
	Origin      string    `json:"origin,omitempty"`
	Size        int64     `json:"size"`
	Root        string    `json:"root,omitempty"`
	Tiles       int       `json:"tiles"`
	Bundles     int       `json:"bundles"`
	Entries     int64     `json:"entries"`
	Inclusion   int       `json:"inclusion_proofs"`
	Consistency int       `json:"consistency_proofs"`
	Index       *int64    `json:"index,omitempty"`
	Entry       string    `json:"entry,omitempty"`
	Problems    []problem `json:"problems"`
}

func (r *report) wrong(where, format string, values ...interface{}) {
	r.Problems = append(r.Problems, problem{where, fmt.Sprintf(format, values...)})
}

// usageError is a mistake of whoever calls, not of the log.
type usageError struct{ says string }

func (e usageError) Error() string { return e.says }

// texts and numbers are flags that may be given more than once.
type texts []string

func (t *texts) String() string         { return strings.Join(*t, ",") }
func (t *texts) Set(value string) error { *t = append(*t, value); return nil }

type numbers []int64

func (n *numbers) String() string { return fmt.Sprint([]int64(*n)) }
func (n *numbers) Set(value string) error {
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil || number < 0 {
		return errors.New("not a place in a log")
	}
	*n = append(*n, number)
	return nil
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, complain io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(complain, usage)
		return exitUsage
	}
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(complain)
	flags.Usage = func() { fmt.Fprint(complain, usage) }
	key := flags.String("key", "", "the log's key, or a file that holds it")
	asJSON := flags.Bool("json", false, "print one JSON object")
	entryFile := flags.String("entry-file", "", "the entry that the proof is for, when the proof does not carry it")
	var old texts
	var entries numbers
	flags.Var(&old, "old", "a checkpoint seen earlier")
	flags.Var(&entries, "entry", "an entry to prove")
	if err := flags.Parse(args[1:]); err != nil {
		return exitUsage
	}
	if flags.NArg() != 1 || *key == "" {
		fmt.Fprint(complain, usage)
		return exitUsage
	}
	result := &report{Problems: []problem{}}
	verifier, err := readKey(*key)
	if err == nil {
		switch args[0] {
		case "log":
			err = checkLog(result, verifier, flags.Arg(0), old, entries)
		case "proof":
			err = checkProof(result, verifier, flags.Arg(0), *entryFile)
		default:
			err = usageError{"no such command: " + args[0]}
		}
	}
	if err != nil {
		fmt.Fprintln(complain, "verify:", err)
		return exitUsage
	}
	result.Sound = len(result.Problems) == 0
	if *asJSON {
		_ = json.NewEncoder(out).Encode(result)
	} else {
		result.print(out)
	}
	if !result.Sound {
		return exitUnsound
	}
	return exitSound
}

// readKey takes the key itself, or the name of a file that holds it and nothing else.
func readKey(given string) (note.Verifier, error) {
	text := given
	if content, err := os.ReadFile(given); err == nil {
		text = string(content)
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, usageError{"the key is none: " + err.Error()}
	}
	return verifier, nil
}

func (r *report) print(out io.Writer) {
	if r.Origin != "" {
		fmt.Fprintf(out, "log:     %s, %d entries\n", printable(r.Origin), r.Size)
	}
	if r.Index != nil {
		fmt.Fprintf(out, "entry:   %d\n", *r.Index)
	} else if r.Origin != "" {
		fmt.Fprintf(out, "read:    %d tiles, %d bundles, %d entries\n", r.Tiles, r.Bundles, r.Entries)
		fmt.Fprintf(out, "proved:  %d entries, %d earlier sizes\n", r.Inclusion, r.Consistency)
	}
	if r.Entry != "" {
		fmt.Fprintln(out, printable(r.Entry))
	}
	for _, one := range r.Problems {
		fmt.Fprintf(out, "WRONG:   %s: %s\n", one.Where, printable(one.Says))
	}
	if r.Sound {
		fmt.Fprintln(out, "SOUND")
	} else {
		fmt.Fprintln(out, "NOT SOUND")
	}
}

// printable keeps text of unknown making from doing anything to a terminal.
func printable(text string) string {
	for _, letter := range text {
		if !unicode.IsPrint(letter) || letter == utf8.RuneError {
			return strconv.Quote(text)
		}
	}
	return text
}
