/* Flattened device tree (Devicetree Specification 0.4, chapter 5). Always big-endian. */
#include "tree.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_NOP 4
#define FDT_END 9
#define HEADER_SIZE 40
#define LARGEST_TREE (2 << 20)

struct tree {
    const u8 *structure, *strings;
    u32 structure_size, strings_size;
};

static u32 be32(const u8 *bytes) {
    return (u32)bytes[0] << 24 | (u32)bytes[1] << 16 | (u32)bytes[2] << 8 | bytes[3];
}

static u64 be64(const u8 *bytes) {
    return (u64)be32(bytes) << 32 | be32(bytes + 4);
}

static int same(const char *one, const char *other) {
    while (*one != 0 && *one == *other) one++, other++;
    return *one == *other;
}

static int starts_with(const char *text, const char *start) {
    while (*start != 0 && *start == *text) start++, text++;
    return *start == 0;
}

static int open_tree(const u8 *bytes, struct tree *tree) {
    if (bytes == 0 || be32(bytes) != FDT_MAGIC) return 0;
    u32 total = be32(bytes + 4);
    u32 structure = be32(bytes + 8);
    u32 strings = be32(bytes + 12);
    tree->strings_size = be32(bytes + 32);
    tree->structure_size = be32(bytes + 36);
    tree->structure = bytes + structure;
    tree->strings = bytes + strings;
    return total >= HEADER_SIZE && total <= LARGEST_TREE &&
           (u64)structure + tree->structure_size <= total &&
           (u64)strings + tree->strings_size <= total && (structure & 3) == 0;
}

/* `node` is the name of a node right below the root, or "" for the root itself. */
static void take_property(struct platform *platform, const char *node, const char *name,
                          const u8 *value, u32 length) {
    if (*node == 0) {
        if (same(name, "model") && length > 0 && value[length - 1] == 0) {
            platform->model = (const char *)value;
        }
    } else if (starts_with(node, "memory@")) {
        /* pseries: two cells of address and two of size (PAPR, Memory Node). */
        if (!same(name, "reg")) return;
        for (; length >= 16; value += 16, length -= 16) platform->memory += be64(value + 8);
    } else if (same(node, "rtas") && length == 4) {
        if (same(name, "linux,rtas-base")) platform->rtas_base = be32(value);
        if (same(name, "linux,rtas-entry")) platform->rtas_entry = be32(value);
        if (same(name, "power-off")) platform->power_off = be32(value);
        if (same(name, "get-time-of-day")) platform->time_of_day = be32(value);
    }
}

int read_tree(const u8 *bytes, struct platform *platform) {
    struct tree tree;
    if (!open_tree(bytes, &tree)) return 0;
    const char *node = 0;
    u32 depth = 0;
    for (u32 at = 0; at + 4 <= tree.structure_size;) {
        const u8 *item = tree.structure + at;
        at += 4;
        switch (be32(item)) {
            case FDT_BEGIN_NODE:
                depth++;
                /* The root has no name; of deeper nodes nothing is wanted. */
                node = depth <= 2 ? (const char *)item + 4 : 0;
                while (at < tree.structure_size && tree.structure[at] != 0) at++;
                at = (at + 4) & ~3U;
                break;
            case FDT_END_NODE:
                if (depth-- == 0) return 0;
                node = 0;
                break;
            case FDT_PROP: {
                if (at + 8 > tree.structure_size) return 0;
                u32 length = be32(item + 4);
                u32 name = be32(item + 8);
                if (length > tree.structure_size - at - 8 || name >= tree.strings_size) return 0;
                if (node != 0) {
                    take_property(platform, node, (const char *)tree.strings + name, item + 12,
                                  length);
                }
                at = (at + 8 + length + 3) & ~3U;
                break;
            }
            case FDT_NOP:
                break;
            case FDT_END:
                return depth == 0;
            default:
                return 0;
        }
    }
    return 0;
}
