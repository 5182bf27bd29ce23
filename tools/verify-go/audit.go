package main

import (
	"fmt"
	"os"
	"sort"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxProblems = 50      // more of them say no more
	maxEntries  = 1 << 32 // what is kept in memory is less than half a byte an entry
)

// A column is one level of the tree above the leaves, three times over. Place i is the i-th full tile of the level below.
type column struct {
	written []*tlog.Hash // what the tiles of this level say
	tiles   []*tlog.Hash // what the tiles of the level below hash to
	entries []*tlog.Hash // what the entries themselves hash to
}

// An audit walks a whole log once and then judges what it saw.
type audit struct {
	result  *report
	from    source
	tree    tlog.Tree
	levels  []*column            // levels[0] is not used: leaves are compared as they pass
	differ  map[int64]bool       // bundles whose entries are not what the tile of leaf hashes says
	written map[tlog.Tile][]byte // tiles of levels above the leaves, and the last one of those
	edge    []*tlog.Hash         // leaf hashes of the last bundle when it is partial; nil where it could not be read
}

// checkLog checks a whole log: signature, tiles, bundles, root, some proofs, and every older checkpoint.
func checkLog(result *report, verifier note.Verifier, place string, old []string, entries []int64) error {
	from, err := openSource(place)
	if err != nil {
		return err
	}
	trees, err := readOld(result, verifier, old)
	if err != nil {
		return err
	}
	signed, err := from.read("checkpoint", maxNoteBytes)
	if err != nil {
		result.wrong("checkpoint", "%v", err)
		return nil
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		result.wrong("checkpoint", "%v", err)
		return nil
	}
	result.Origin, result.Size, result.Root = verifier.Name(), tree.N, tree.Hash.String()
	for name, older := range trees {
		if older.N > tree.N {
			result.wrong("checkpoint", "covers %d entries, and %s covered %d: the log was rolled back", tree.N, name, older.N)
		} else if older.N == tree.N && older.Hash != tree.Hash {
			result.wrong("checkpoint", "has the size of %s and another root: the log was forked", name)
		}
	}
	for _, index := range entries {
		if index >= tree.N {
			result.wrong(fmt.Sprintf("entry %d", index), "the checkpoint does not cover it")
		}
	}
	if tree.N > maxEntries {
		result.wrong("checkpoint", "covers %d entries, more than this program can check", tree.N)
		return nil
	}
	a := &audit{result: result, from: from, tree: tree, differ: map[int64]bool{}, written: map[tlog.Tile][]byte{}}
	a.walk()
	if len(result.Problems) == 0 && tree.N > 0 {
		a.prove(trees, entries)
	}
	return nil
}

// readOld returns the checkpoints that somebody kept, by file name.
func readOld(result *report, verifier note.Verifier, paths []string) (map[string]tlog.Tree, error) {
	trees := map[string]tlog.Tree{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, usageError{err.Error()}
		}
		tree, err := openCheckpoint(content, verifier)
		if err != nil {
			result.wrong(path, "%v", err)
			continue
		}
		trees[path] = tree
	}
	return trees, nil
}

// tile returns the name of the number-th tile of a level in this tree.
func (a *audit) tile(level int, number int64) tlog.Tile {
	width := a.tree.N>>(tileHeight*uint(level)) - number*tileWidth
	if width > tileWidth {
		width = tileWidth
	}
	return tlog.Tile{H: tileHeight, L: level, N: number, W: int(width)}
}

// count returns how many hashes a level has in this tree.
func (a *audit) count(level int) int64 { return a.tree.N >> (tileHeight * uint(level)) }

// tilesOf returns how many tiles a level has in this tree.
func (a *audit) tilesOf(level int) int64 { return (a.count(level) + tileWidth - 1) / tileWidth }

// walk reads every tile and every bundle, and names those that are wrong.
func (a *audit) walk() {
	for level := 0; a.count(level) > 0; level++ {
		places := a.count(level)
		if level == 0 {
			places = 0
		}
		a.levels = append(a.levels, &column{
			make([]*tlog.Hash, places), make([]*tlog.Hash, places), make([]*tlog.Hash, places),
		})
	}
	for number := int64(0); number < a.tilesOf(0); number++ {
		a.readLeaves(number)
	}
	for level := 1; level < len(a.levels); level++ {
		a.readLevel(level)
	}
	a.judge()
	sort.SliceStable(a.result.Problems, func(i, j int) bool { return a.result.Problems[i].Where < a.result.Problems[j].Where })
	if more := len(a.result.Problems) - maxProblems; more > 0 {
		a.result.Problems = a.result.Problems[:maxProblems]
		a.result.wrong("log", "%d more", more)
	}
}

// readLeaves reads one tile of leaf hashes and the bundle of entries that belongs to it.
func (a *audit) readLeaves(number int64) {
	tile := a.tile(0, number)
	data, tileErr := readTile(a.from, tile)
	if tileErr != nil {
		a.result.wrong(pathOf(tile), "%v", tileErr)
	} else {
		a.result.Tiles++
	}
	entries, bundleErr := readBundle(a.from, number, tile.W)
	hashes := make([]byte, 0, tile.W*tlog.HashSize)
	if bundleErr != nil {
		a.result.wrong(a.bundlePath(number), "%v", bundleErr)
	} else {
		a.result.Bundles++
		a.result.Entries += int64(len(entries))
		for _, entry := range entries {
			hash := tlog.RecordHash(entry)
			hashes = append(hashes, hash[:]...)
		}
	}
	a.differ[number] = tileErr == nil && bundleErr == nil && string(data) != string(hashes)
	if tile.W < tileWidth {
		a.written[tile] = data
		a.edge = split(hashes, tile.W)
		return
	}
	above := a.levels[1]
	if tileErr == nil {
		above.tiles[number] = subtree(tile, data)
	}
	if bundleErr == nil {
		above.entries[number] = subtree(tile, hashes)
	}
}

// readLevel reads the tiles of one level above the leaves.
func (a *audit) readLevel(level int) {
	here := a.levels[level]
	for number := int64(0); number < a.tilesOf(level); number++ {
		tile := a.tile(level, number)
		first := number * tileWidth
		data, err := readTile(a.from, tile)
		if err != nil {
			a.result.wrong(pathOf(tile), "%v", err)
		} else {
			a.result.Tiles++
			a.written[tile] = data
			copy(here.written[first:], split(data, tile.W))
		}
		if tile.W < tileWidth {
			continue
		}
		above := a.levels[level+1]
		if err == nil {
			above.tiles[number] = subtree(tile, data)
		}
		if made := join(here.entries[first : first+tileWidth]); made != nil {
			above.entries[number] = subtree(tile, made)
		}
	}
}

// judge says which parts are wrong. Whatever leads to the signed root is right; the rest is measured by it.
func (a *audit) judge() {
	if a.tree.N == 0 {
		return
	}
	if root := a.root(func(tile tlog.Tile) []byte { return join(a.made(tile)) }); root != nil && *root == a.tree.Hash {
		a.judgeByEntries()
		return
	}
	if root := a.root(func(tile tlog.Tile) []byte { return a.written[tile] }); root != nil && *root == a.tree.Hash {
		a.judgeByTiles()
		return
	}
	a.result.wrong("checkpoint", "neither the entries nor the tiles lead to the root that was signed")
	a.judgeByEachOther()
}

// judgeByEntries names the tiles that are not what the entries hash to.
func (a *audit) judgeByEntries() {
	for number := int64(0); number < a.tilesOf(0); number++ {
		if a.differ[number] {
			a.result.wrong(pathOf(a.tile(0, number)), "is not what its entries hash to")
		}
	}
	for level := 1; level < len(a.levels); level++ {
		for number := int64(0); number < a.tilesOf(level); number++ {
			tile := a.tile(level, number)
			if data, read := a.written[tile]; read && string(data) != string(join(a.made(tile))) {
				a.result.wrong(pathOf(tile), "is not what its entries hash to")
			}
		}
	}
}

// judgeByTiles goes from the signed root downwards: a tile is right when its parent is and says its hash.
func (a *audit) judgeByTiles() {
	right := map[tlog.Tile]bool{}
	for level := len(a.levels) - 1; level >= 0; level-- {
		for number := int64(0); number < a.tilesOf(level); number++ {
			tile := a.tile(level, number)
			expected, got := a.expected(right, tile), a.hash(tile)
			switch {
			case tile.W < tileWidth:
				right[tile] = true
			case expected == nil || got == nil:
			case *expected == *got:
				right[tile] = true
			default:
				a.result.wrong(pathOf(tile), "is not what the tile above it says")
			}
		}
	}
	for number := int64(0); number < a.tilesOf(0); number++ {
		tile := a.tile(0, number)
		expected := a.expected(right, tile)
		switch {
		case expected != nil:
			if made := a.levels[1].entries[number]; made != nil && *made != *expected {
				a.result.wrong(a.bundlePath(number), "its entries are not those of the tree")
			}
		case a.differ[number] && right[tile]:
			a.result.wrong(a.bundlePath(number), "its entries are not those of the tree")
		case a.differ[number]:
			a.contradict(number)
		}
	}
}

// judgeByEachOther names what contradicts something else, when nothing leads to the signed root.
func (a *audit) judgeByEachOther() {
	for level := len(a.levels) - 1; level > 0; level-- {
		here := a.levels[level]
		for number, written := range here.written {
			if below := here.tiles[number]; below != nil && written != nil && *below != *written {
				a.result.wrong(pathOf(a.tile(level-1, int64(number))), "is not what the tile above it says")
			}
		}
	}
	for number := int64(0); number < a.tilesOf(0); number++ {
		if a.differ[number] {
			a.contradict(number)
		}
	}
}

func (a *audit) contradict(number int64) {
	a.result.wrong(a.bundlePath(number), "its entries are not those of %s", pathOf(a.tile(0, number)))
}

// expected returns the hash that a right parent tile says of a full tile; nil when no right parent says one.
func (a *audit) expected(right map[tlog.Tile]bool, tile tlog.Tile) *tlog.Hash {
	if tile.W < tileWidth || !right[a.tile(tile.L+1, tile.N/tileWidth)] {
		return nil
	}
	return a.levels[tile.L+1].written[tile.N]
}

// hash returns what a full tile hashes to; nil when it is partial or could not be read.
func (a *audit) hash(tile tlog.Tile) *tlog.Hash {
	if tile.W < tileWidth {
		return nil
	}
	return a.levels[tile.L+1].tiles[tile.N]
}

// made returns the hashes that a tile must hold by the entries; for the leaves, of the last, partial tile only.
func (a *audit) made(tile tlog.Tile) []*tlog.Hash {
	if tile.L == 0 {
		return a.edge
	}
	first := tile.N * tileWidth
	return a.levels[tile.L].entries[first : first+int64(tile.W)]
}

// root returns the root that the partial tiles at the right edge lead to; nil when one of them is not there.
func (a *audit) root(hashes func(tlog.Tile) []byte) *tlog.Hash {
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			least := tlog.TileForIndex(tileHeight, index)
			tile := a.tile(least.L, least.N)
			hash, err := tlog.HashFromTile(tile, hashes(tile), index)
			if err != nil {
				return nil, err
			}
			found[i] = hash
		}
		return found, nil
	})
	root, err := tlog.TreeHash(a.tree.N, reader)
	if err != nil {
		return nil
	}
	return &root
}

func (a *audit) bundlePath(number int64) string {
	tile := a.tile(0, number)
	tile.L = entriesLevel
	return pathOf(tile)
}

// subtree returns the hash over a full tile, which is that of its two halves.
func subtree(tile tlog.Tile, data []byte) *tlog.Hash {
	var halves [2]tlog.Hash
	for half := range halves {
		index := tlog.StoredHashIndex(tileHeight*(tile.L+1)-1, 2*tile.N+int64(half))
		hash, err := tlog.HashFromTile(tile, data, index)
		if err != nil {
			panic(err) // the caller gives full tiles only
		}
		halves[half] = hash
	}
	hash := tlog.NodeHash(halves[0], halves[1])
	return &hash
}

// split cuts a tile into its hashes; those that it does not hold are nil.
func split(data []byte, width int) []*tlog.Hash {
	hashes := make([]*tlog.Hash, width)
	for place := range hashes {
		if len(data) < (place+1)*tlog.HashSize {
			break
		}
		hash := new(tlog.Hash)
		copy(hash[:], data[place*tlog.HashSize:])
		hashes[place] = hash
	}
	return hashes
}

// join returns hashes as a tile has them; nil when one is not known.
func join(hashes []*tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, hash := range hashes {
		if hash == nil {
			return nil
		}
		data = append(data, hash[:]...)
	}
	return data
}
