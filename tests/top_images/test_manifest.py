"""The listing of an index is read by shards, however long it is."""

import pyarrow.parquet as pq
import pytest

from nnvis.errors import UserError
from nnvis.progress import drain
from nnvis.top_images import manifest as listing
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.manifest import Manifest, write_manifest

PICTURES = [Reference(f"{number}.jpg", "", 0, 0, 0) for number in range(100)]


@pytest.mark.parametrize("together", [1, 3, 64])
@pytest.mark.parametrize("shard", [7, 25, 200])
def test_each_shard_holds_its_pictures(tmp_path, monkeypatch, together, shard):
    monkeypatch.setattr(listing, "_TOGETHER", together)
    path = tmp_path / "listing.parquet"
    assert drain(write_manifest(iter(PICTURES), path, shard)) == 100
    found = Manifest(path)
    assert (len(found), found.shard, found.shards) == (100, shard, -(-100 // shard))
    for number in [*range(found.shards)][::-1]:
        assert found.rows(number) == PICTURES[number * shard : (number + 1) * shard]
    assert list(found) == PICTURES
    assert found.at([99, 3]) == [PICTURES[99], PICTURES[3]]
    assert pq.ParquetFile(path).num_row_groups == -(-100 // (shard * together))


def test_a_listing_of_before_is_read(tmp_path):
    """It did not tell how large a shard is: a row group was one."""
    path = tmp_path / "listing.parquet"
    with pq.ParquetWriter(path, listing.SCHEMA) as writer:
        for first in range(0, 100, 30):
            writer.write_table(listing._table(PICTURES[first : first + 30]))
    found = Manifest(path)
    assert (found.shard, found.shards) == (30, 4)
    assert list(found) == PICTURES


def test_a_listing_of_nothing_is_none_that_is_damaged(tmp_path):
    path = tmp_path / "listing.parquet"
    assert drain(write_manifest(iter(()), path, 7)) == 0
    found = Manifest(path)
    assert (len(found), found.shards, list(found)) == (0, 0, [])


@pytest.mark.parametrize("shard", [b"7", b"0", b"-5", b"many"])
def test_a_shard_that_no_row_group_holds_whole_is_damage(tmp_path, shard):
    path = tmp_path / "listing.parquet"
    schema = listing.SCHEMA.with_metadata({b"shard": shard})
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, 100, 30):
            writer.write_table(listing._table(PICTURES[first : first + 30]))
    with pytest.raises(UserError, match="damaged"):
        Manifest(path)
