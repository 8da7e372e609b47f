/* What the lab takes from the device tree. */
#ifndef TREE_H
#define TREE_H

#include "lab.h"

struct platform {
    const char *model;
    u64 memory;      /* bytes */
    u32 rtas_base;   /* 0 if RTAS is not in the tree */
    u32 rtas_entry;
    u32 power_off;   /* tokens of RTAS calls */
    u32 time_of_day;
};

/* Reads a flattened tree. Returns 0 if there is none at that address, or a damaged one. */
int read_tree(const u8 *tree, struct platform *platform);

#endif
