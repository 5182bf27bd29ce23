package main

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Proofs, by Go's own code from one end to the other.

// Height, ReadTiles and SaveTiles let tlog read this log's tiles; it checks each against the signed root by itself.
func (a *audit) Height() int { return tileHeight }

func (a *audit) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		known, read := a.written[tile]
		if !read {
			var err error
			if known, err = readTile(a.from, tile); err != nil {
				return nil, fmt.Errorf("%s: %w", pathOf(tile), err)
			}
		}
		data[i] = known
	}
	return data, nil
}

func (a *audit) SaveTiles([]tlog.Tile, [][]byte) {}

// prove makes proofs out of the tiles and checks them: for chosen entries, for older checkpoints, for earlier sizes.
func (a *audit) prove(old map[string]tlog.Tree, entries []int64) {
	hashes := tlog.TileHashReader(a.tree, a)
	if len(entries) == 0 {
		entries = samples(a.tree.N, 0)
	}
	for _, index := range entries {
		if err := a.proveEntry(hashes, index); err != nil {
			a.result.wrong(fmt.Sprintf("entry %d", index), "%v", err)
			continue
		}
		a.result.Inclusion++
	}
	earlier := map[string]tlog.Tree{}
	for _, size := range samples(a.tree.N, 1) {
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			a.result.wrong(fmt.Sprintf("size %d", size), "%v", err)
			continue
		}
		earlier[fmt.Sprintf("size %d", size)] = tlog.Tree{N: size, Hash: root}
	}
	for name, tree := range old {
		earlier[name] = tree
	}
	for name, tree := range earlier {
		if err := a.proveStart(hashes, tree); err != nil {
			a.result.wrong(name, "is not the start of this log: %v", err)
			continue
		}
		a.result.Consistency++
	}
}

func (a *audit) proveEntry(hashes tlog.HashReader, index int64) error {
	proof, err := tlog.ProveRecord(a.tree.N, index, hashes)
	if err != nil {
		return err
	}
	number := index / tileWidth
	entries, err := readBundle(a.from, number, a.tile(0, number).W)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, a.tree.N, a.tree.Hash, index, tlog.RecordHash(entries[index%tileWidth]))
}

func (a *audit) proveStart(hashes tlog.HashReader, start tlog.Tree) error {
	if start.N == 0 {
		if start.Hash != emptyRoot {
			return errors.New("its root is not that of an empty log")
		}
		return nil // an empty log is the start of every log, and tlog proves no such thing
	}
	proof, err := tlog.ProveTree(a.tree.N, start.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, a.tree.N, a.tree.Hash, start.N, start.Hash)
}

// samples returns some places from `least` to below the size: both ends, the middle, and around the edges of tiles.
func samples(size, least int64) []int64 {
	wanted := []int64{0, 1, size / 3, size / 2, size - 2, size - 1}
	for edge := int64(tileWidth); edge < size && edge > 0; edge *= tileWidth {
		wanted = append(wanted, edge-1, edge, edge+1)
	}
	var found []int64
	seen := map[int64]bool{}
	for _, place := range wanted {
		if place >= least && place < size && !seen[place] {
			seen[place] = true
			found = append(found, place)
		}
	}
	return found
}
