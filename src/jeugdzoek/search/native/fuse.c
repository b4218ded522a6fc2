/* Two scores of each candidate, one order. */

#include "shared.h"
#include "select.h"

#define REPORT_BITS 16 /* of a key: the number of the passage within its report */

typedef struct {
    const float *first, *second;
    const int64_t *keys;
    Py_ssize_t count;
    double ceiling, weight, place, report;
    double *scores;
    int64_t *order;
    Ranked *ranked; /* twice as many as candidates */
} Fusion;

/* Add to the scores 1 / (1 + how many stand before it) where `half` is above zero, ties in order. */
static void add_places(const Fusion *fusion, const float *half)
{
    for (Py_ssize_t i = 0; i < fusion->count; i++)
        fusion->ranked[i] = (Ranked){key_of(half[i]), (uint32_t)i};
    const Ranked *best = sorted(fusion->ranked, fusion->ranked + fusion->count, fusion->count);
    for (Py_ssize_t i = 0; i < fusion->count; i++)
        fusion->scores[best[i].place] += half[best[i].place] > 0 ? 1 / (double)(1 + i) : 0;
}

/* Add to each score the share of the best of its report; reports follow each other. */
static void lift(const Fusion *fusion)
{
    for (Py_ssize_t start = 0, end; start < fusion->count; start = end) {
        double best = fusion->scores[start];
        int64_t report = fusion->keys[start] >> REPORT_BITS;
        for (end = start; end < fusion->count && fusion->keys[end] >> REPORT_BITS == report; end++)
            best = fusion->scores[end] > best ? fusion->scores[end] : best;
        for (Py_ssize_t i = start; i < end; i++)
            fusion->scores[i] += fusion->report * best;
    }
}

static void fuse_all(const Fusion *fusion)
{
    memset(fusion->scores, 0, (size_t)fusion->count * sizeof *fusion->scores);
    add_places(fusion, fusion->first);
    add_places(fusion, fusion->second);
    for (Py_ssize_t i = 0; i < fusion->count; i++) {
        double share = fusion->ceiling > 0 ? fusion->first[i] / fusion->ceiling : fusion->first[i];
        double other = fusion->second[i] > 0 ? fusion->second[i] : 0;
        fusion->scores[i] = (1 - fusion->weight) * share + fusion->weight * other + fusion->place * fusion->scores[i];
    }
    lift(fusion);
    for (Py_ssize_t i = 0; i < fusion->count; i++)
        fusion->ranked[i] = (Ranked){key_of_double(fusion->scores[i]), (uint32_t)i};
    const Ranked *best = sorted(fusion->ranked, fusion->ranked + fusion->count, fusion->count);
    for (Py_ssize_t i = 0; i < fusion->count; i++)
        fusion->order[i] = best[i].place;
}

PyObject *fuse(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Buffers buffers = {.held = 0};
    Py_buffer *first, *second, *keys, *scores, *order;
    PyObject *answer = NULL;
    Fusion fusion = {0};
    (void)module;
    if (count != 9) {
        PyErr_SetString(PyExc_TypeError, "nine arguments are needed");
        return NULL;
    }
    fusion.ceiling = PyFloat_AsDouble(args[3]);
    fusion.weight = PyFloat_AsDouble(args[4]);
    fusion.place = PyFloat_AsDouble(args[5]);
    fusion.report = PyFloat_AsDouble(args[6]);
    if (PyErr_Occurred() || !(first = hold(&buffers, args[0], "f", 4, 0, "first")) ||
        !(second = hold(&buffers, args[1], "f", 4, 0, "second")) ||
        !(keys = hold(&buffers, args[2], "lq", 8, 0, "keys")) ||
        !(scores = hold(&buffers, args[7], "d", 8, 1, "scores")) ||
        !(order = hold(&buffers, args[8], "lq", 8, 1, "order")))
        goto end;
    fusion.count = first->len / 4;
    if (second->len != first->len || keys->len != 2 * first->len || scores->len != keys->len ||
        order->len != keys->len || fusion.count > UINT32_MAX) {
        unequal();
        goto end;
    }
    if (!(fusion.ranked = PyMem_New(Ranked, 2 * fusion.count + 1))) {
        PyErr_NoMemory();
        goto end;
    }
    fusion.first = first->buf;
    fusion.second = second->buf;
    fusion.keys = keys->buf;
    fusion.scores = scores->buf;
    fusion.order = order->buf;
    fuse_all(&fusion);
    answer = Py_NewRef(Py_None);
end:
    PyMem_Free(fusion.ranked);
    let_go(&buffers);
    return answer;
}
