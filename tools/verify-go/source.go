package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
	maxNoteBytes   = 1 << 18
	maxBundleBytes = tileWidth * (2 + 65535)
	maxTileBytes   = tileWidth * tlog.HashSize
	entriesLevel   = -1 // how tlog.Tile says "records instead of hashes"
)

var errMissing = errors.New("missing")

// A source gives the files of a log by their paths (C2SP tlog-tiles).
type source interface {
	// read returns a file's bytes, errMissing when there is none, or an error when it is longer than limit.
	read(path string, limit int64) ([]byte, error)
}

// openSource takes a URL prefix or a folder.
func openSource(place string) (source, error) {
	if strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		client := &http.Client{
			Timeout: 60 * time.Second,
			// A log's files lie where the log says; one that sends its readers elsewhere is not followed.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		return &server{strings.TrimRight(place, "/"), client}, nil
	}
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return nil, usageError{place + " is neither a folder nor a URL"}
	}
	return folder(place), nil
}

type folder string

func (f folder) read(path string, limit int64) ([]byte, error) {
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, limit)
}

type server struct {
	prefix string
	client *http.Client
}

func (s *server) read(path string, limit int64) ([]byte, error) {
	answer, err := s.client.Get(s.prefix + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone {
		_, _ = io.CopyN(io.Discard, answer.Body, 1<<16) // so that the connection can be used again
		return nil, errMissing
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", answer.Status)
	}
	return readAll(answer.Body, limit)
}

func readAll(from io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errors.New("longer than it can be")
	}
	return content, err
}

// pathOf returns where a tile of hashes or a bundle of entries lies: tlog's own path without its height.
func pathOf(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if tile.L == entriesLevel {
		path = strings.Replace(path, "data/", "entries/", 1)
	}
	return "tile/" + path
}

// readTile returns the hashes of a tile. A partial one may be gone once the full one is there: that one is cut then.
func readTile(from source, tile tlog.Tile) ([]byte, error) {
	data, err := from.read(pathOf(tile), maxTileBytes)
	want := tile.W
	if errors.Is(err, errMissing) && tile.W < tileWidth {
		full := tile
		full.W = tileWidth
		if data, err = from.read(pathOf(full), maxTileBytes); err == nil {
			want = tileWidth
		}
	}
	if err != nil {
		return nil, err
	}
	if len(data) != want*tlog.HashSize {
		return nil, fmt.Errorf("holds %d bytes, not %d", len(data), want*tlog.HashSize)
	}
	return data[:tile.W*tlog.HashSize], nil
}

// readBundle returns the entries of a bundle, each of which stands behind its length in 16 bits.
func readBundle(from source, number int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: entriesLevel, N: number, W: width}
	data, err := from.read(pathOf(tile), maxBundleBytes)
	want := width
	if errors.Is(err, errMissing) && width < tileWidth {
		tile.W = tileWidth
		if data, err = from.read(pathOf(tile), maxBundleBytes); err == nil {
			want = tileWidth
		}
	}
	if err != nil {
		return nil, err
	}
	entries := make([][]byte, 0, want)
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("ends in the middle of an entry")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != want {
		return nil, fmt.Errorf("holds %d entries, not %d", len(entries), want)
	}
	return entries[:width], nil
}
