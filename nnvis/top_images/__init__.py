"""Top pictures: for every unit of a network, the pictures of a set in which it was strongest.

`index` makes one in a single pass, `Index` reads it, `merge` joins two; what lies in its folder is
told in `tables`. What a stream showed is gathered in `stream` and kept as an index. Nothing here
imports torch until it is asked for, since the window reads indexes before torch is there.

What 1.28 million photographs cost (all 16 blocks of the bundled model, 1,808 units, 9 pictures
each), from parts measured on two cores by `nnvis bench index` and by hand:

* Reading, decoding and scaling a JPEG of 500 x 375: 6.6 ms of a core (152 a second), 2.3 core-hours
  in all. It grows with the cores, as does one network a core on Ray (1.8 times for two).
* Ranking and counting: 0.25 ms of the network's thread a picture; merging and keeping parts,
  0.12 ms. Both grow with the units, not with the pictures so far.
* Cutting the patches: 0.36 ms for each of 16,272 kept pictures, 6 s once.
* The network: 31 ms of two cores a picture with all of this, of which the index is 6 %: 11 hours
  where there is no GPU, by PyTorch; OpenVINO takes two fifths of that (`quick_extrema`).

With one GPU the network is no longer what one waits for. Decoding is: 16 cores give 2,400 pictures
a second, 9 minutes; and the 0.37 ms of the host hold one process to 2,700 a second, so that more
cores for one GPU would gain little. Eight GPUs, each a Ray worker with 16 cores of its own, take an
eighth, somewhat over a minute, if the disks give 8 x 2,400 files (about 2 GB) a second: from
there on reading is the bottleneck. With fewer cores a GPU, time grows in proportion, unless the GPU
decodes as well (`jpeg`): then a core is left with reading a file and looking at its header, 0.06
ms, and one keeps up with the 2,700 a second of its process, as far as the device's decoder does.

A hundred million such photographs are 180 core-hours of decoding and 11 TB to read. Eight GPUs with
16 cores each take 86 minutes (19,400 a second, 2 GB of files), 64 of them 11 (155,000; 17 GB). What
one process does for all of them stays below: it keeps and merges 70,000 to 96,000 pictures a second
of eight workers, whose parts hold 32 shards when they come, and of 64, whose parts hold 256, eight
times as many; the rows of a shard take it 0.9 ms, which is 590,000. Listing them comes first: 12 s
for a million on one core, 20 minutes in all, which only a list that is kept for the next run saves.

No GPU was at hand to measure: these times follow from the parts above.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
