"""A process that packs the results of a store, takes them out of their packs and writes some anew, until it is killed."""

import random
import sys

import squares

from vitrify.campaign import Leases, Store
from vitrify.campaign.packing import blocks_in, pack, unpack


def main(folder, seed):
    """Work on the results of the folder s."""
    store, rng = Store(folder), random.Random(int(seed))
    with Leases(store).announced("packing", 1) as me:
        print("at work", flush=True)
        while True:
            for block in blocks_in(store, "s"):
                pack(block, store, me.name, least=1)
            for key in rng.sample(store.keys("s"), 40):  # as who makes a result again, with the same bits
                store.publish(key, "d", squares.square(store, int(key[2:])))
            if rng.random() < 0.3:
                unpack("s", store)


if __name__ == "__main__":
    main(*sys.argv[1:])
