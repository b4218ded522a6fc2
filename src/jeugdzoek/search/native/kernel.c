/* The inner loops of a search, for machines where numpy is too slow.
 *
 * Each has a twin in numpy (topk.py, dense.py) that gives the same answer to the last bit; tests hold the two together.
 * Every length and type is checked before a loop starts, every passage number inside it. Compiled with contraction of
 * a*b+c off: a fused multiply-add would round otherwise than numpy does. */

#include "shared.h"

#define METHOD(name, signature) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, signature}

static PyMethodDef methods[] = {
    METHOD(best_of_sums, "best_of_sums(groups, sums, best, floor, allowed, ids, scores) -> (found, total)"),
    METHOD(scores_of_groups, "scores_of_groups(groups, ids, rows)"),
    METHOD(fuse, "fuse(first, second, keys, ceiling, weight, place, report, scores, order)"),
    METHOD(cosines, "cosines(vectors, query, ids, scores)"),
    METHOD(best_rows, "best_rows(vectors, query, ids, allowed, levels, steps, found, scores) -> found"),
    METHOD(shortlist, "shortlist(words, signs, masks, allowed, many, ids) -> found"),
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "Inner loops of a search; see topk.py and dense.py.", 0, methods,
    NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    return PyModule_Create(&definition);
}
