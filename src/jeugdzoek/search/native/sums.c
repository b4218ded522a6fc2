/* Sums of postings with the best k of them, and scores of given passages. */

#include "shared.h"
#include "select.h"

/* ---- sums of postings ---- */

typedef struct {
    Py_buffer docs, impacts;
    Py_ssize_t count;
    float weight;
} List;

typedef struct {
    List *lists;
    Py_ssize_t *ends; /* of group g: lists[ends[g - 1]] to lists[ends[g]] */
    Py_ssize_t lists_held, groups, postings;
} Groups;

static void release(Groups *all)
{
    for (Py_ssize_t i = 0; i < all->lists_held; i++) {
        PyBuffer_Release(&all->lists[i].docs);
        PyBuffer_Release(&all->lists[i].impacts);
    }
    PyMem_Free(all->lists);
    PyMem_Free(all->ends);
}

static int take_list(Groups *all, PyObject *tuple)
{
    List *list = &all->lists[all->lists_held];
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) != 3) {
        PyErr_SetString(PyExc_TypeError, "postings are (docs, impacts, weight)");
        return -1;
    }
    list->weight = (float)PyFloat_AsDouble(PyTuple_GET_ITEM(tuple, 2));
    if (PyErr_Occurred() || get(PyTuple_GET_ITEM(tuple, 0), &list->docs, "IL", 4, 0, "docs"))
        return -1;
    if (get(PyTuple_GET_ITEM(tuple, 1), &list->impacts, "f", 4, 0, "impacts")) {
        PyBuffer_Release(&list->docs);
        return -1;
    }
    all->lists_held++;
    list->count = list->docs.len / 4;
    all->postings += list->count;
    if (list->impacts.len != list->docs.len) {
        PyErr_SetString(PyExc_ValueError, "as many impacts as docs are needed");
        return -1;
    }
    return 0;
}

/* Take the buffers of a tuple of groups, each a tuple of (docs, impacts, weight). */
static int take(Groups *all, PyObject *groups)
{
    Py_ssize_t total = 0;
    memset(all, 0, sizeof *all);
    if (!PyTuple_Check(groups)) {
        PyErr_SetString(PyExc_TypeError, "groups are a tuple of tuples");
        return -1;
    }
    all->groups = PyTuple_GET_SIZE(groups);
    for (Py_ssize_t g = 0; g < all->groups; g++) {
        PyObject *group = PyTuple_GET_ITEM(groups, g);
        if (!PyTuple_Check(group)) {
            PyErr_SetString(PyExc_TypeError, "groups are a tuple of tuples");
            return -1;
        }
        total += PyTuple_GET_SIZE(group);
    }
    all->lists = PyMem_New(List, total ? total : 1);
    all->ends = PyMem_New(Py_ssize_t, all->groups ? all->groups : 1);
    if (!all->lists || !all->ends) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t g = 0; g < all->groups; g++) {
        PyObject *group = PyTuple_GET_ITEM(groups, g);
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(group); i++)
            if (take_list(all, PyTuple_GET_ITEM(group, i)))
                return -1;
        all->ends[g] = all->lists_held;
    }
    return 0;
}

/* Add to `sums`, group after group, what each passage gains from the best list of the group. Return
 * 0, or -1 at a passage there is not. `best` is all zero before and, unless that happens, after. */
static int add_up(const Groups *all, float *sums, float *best, uint32_t passages)
{
    Py_ssize_t first = 0;
    for (Py_ssize_t g = 0; g < all->groups; first = all->ends[g++]) {
        Py_ssize_t end = all->ends[g];
        int alone = end - first == 1;
        for (Py_ssize_t i = first; i < end; i++) {
            const List *list = &all->lists[i];
            const uint32_t *docs = list->docs.buf;
            const float *impacts = list->impacts.buf, weight = list->weight;
            for (Py_ssize_t p = 0; p < list->count; p++) {
                uint32_t doc = docs[p];
                if (doc >= passages)
                    return -1;
                float gain = impacts[p] * weight;
                if (alone)
                    sums[doc] += gain;
                else if (gain > best[doc])
                    best[doc] = gain;
            }
        }
        for (Py_ssize_t i = first; !alone && i < end; i++) {
            const uint32_t *docs = all->lists[i].docs.buf;
            for (Py_ssize_t p = 0; p < all->lists[i].count; p++) {
                sums[docs[p]] += best[docs[p]];
                best[docs[p]] = 0;
            }
        }
    }
    return 0;
}

/* ---- the best k ---- */

#define LEAST_ROOM 1024

/* The best so far, each with the key of its sum: at most `room` of them. Keys above `limit` are no longer wanted. */
typedef struct {
    uint32_t *docs, *keys, *ties, limit;
    Py_ssize_t held, room, total;
} Best;

/* Leave the best k only; of those that tie at the cut the first passages. */
ALWAYS_INLINE void leave(Best *best, Py_ssize_t k)
{
    Py_ssize_t below = 0, ties = 0, kept = 0;
    uint32_t cut = cut_of(best->keys, best->held, k), last = UINT32_MAX;
    for (Py_ssize_t i = 0; i < best->held; i++) {
        below += best->keys[i] < cut;
        best->ties[ties] = best->docs[i];
        ties += best->keys[i] == cut;
    }
    if (below + ties > k)
        last = cut_of(best->ties, ties, k - below);
    for (Py_ssize_t i = 0; i < best->held && kept < k; i++) {
        best->docs[kept] = best->docs[i];
        best->keys[kept] = best->keys[i];
        kept += best->keys[i] < cut || (best->keys[i] == cut && best->docs[i] <= last);
    }
    best->held = kept;
    best->limit = cut;
}

static void leave_anywhere(Best *best, Py_ssize_t k)
{
    leave(best, k);
}

#ifdef MANY_PROCESSORS
__attribute__((target("avx2"))) static void leave_avx2(Best *best, Py_ssize_t k)
{
    leave(best, k);
}
#endif

/* Leave the best k of `sums`, of what is allowed, in `best`, and set what was touched back to 0. */
static void collect(const Groups *all, float *sums, const char *allowed, Py_ssize_t k, Best *best)
{
    Py_ssize_t held = 0, total = 0;
    float least = score_of(best->limit);
    for (Py_ssize_t i = 0; i < all->lists_held; i++) {
        const uint32_t *docs = all->lists[i].docs.buf;
        for (Py_ssize_t p = 0; p < all->lists[i].count; p++) {
            uint32_t doc = docs[p];
            float sum = sums[doc];
            sums[doc] = 0;
            if (sum == 0 || (allowed && !allowed[doc]))
                continue;
            total++;
            if (sum < least)
                continue;
            best->docs[held] = doc;
            best->keys[held++] = key_of(sum);
            if (held == best->room) {
                best->held = held;
                FAST(leave)(best, k);
                held = best->held;
                least = score_of(best->limit);
            }
        }
    }
    best->held = held;
    best->total = total;
    if (held > k)
        FAST(leave)(best, k);
}

/* All that best_of_sums works on. */
typedef struct {
    Groups groups;
    Buffers buffers;
    Py_buffer *sums, *best, *allowed, *ids, *scores;
    Best found;
    Ranked *ranked;
} Work;

static int prepare(Work *work, PyObject *const *args)
{
    Buffers *all = &work->buffers;
    if (!(work->sums = hold(all, args[1], "f", 4, 1, "sums")) ||
        !(work->best = hold(all, args[2], "f", 4, 1, "best")) ||
        (args[4] != Py_None && !(work->allowed = hold(all, args[4], "?", 1, 0, "allowed"))) ||
        !(work->ids = hold(all, args[5], "lq", 8, 1, "ids")) ||
        !(work->scores = hold(all, args[6], "f", 4, 1, "scores")) || take(&work->groups, args[0]))
        return -1;
    if (work->best->len != work->sums->len || work->ids->len != 2 * work->scores->len ||
        work->sums->len / 4 > UINT32_MAX || (work->allowed && work->allowed->len != work->sums->len / 4))
        return unequal();
    Py_ssize_t k = work->scores->len / 4;
    work->found.room = 4 * k + LEAST_ROOM;
    work->found.docs = PyMem_New(uint32_t, 3 * work->found.room);
    work->ranked = PyMem_New(Ranked, 2 * k + 1);
    if (!work->found.docs || !work->ranked) {
        PyErr_NoMemory();
        return -1;
    }
    work->found.keys = work->found.docs + work->found.room;
    work->found.ties = work->found.keys + work->found.room;
    return 0;
}

PyObject *best_of_sums(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Work work = {0};
    PyObject *answer = NULL;
    (void)module;
    if (count != 7) {
        PyErr_SetString(PyExc_TypeError, "seven arguments are needed");
        return NULL;
    }
    float floor = (float)PyFloat_AsDouble(args[3]);
    if (PyErr_Occurred() || prepare(&work, args))
        goto end;
    float *sums = work.sums->buf, *best = work.best->buf, *scores = work.scores->buf;
    int64_t *ids = work.ids->buf;
    const char *allowed = work.allowed ? work.allowed->buf : NULL;
    Best *found = &work.found;
    found->limit = key_of(floor);
    Py_ssize_t k = work.scores->len / 4;
    PyThreadState *thread = work.groups.postings > LONG_WORK ? PyEval_SaveThread() : NULL;
    int wrong = add_up(&work.groups, sums, best, (uint32_t)(work.sums->len / 4));
    if (wrong) {
        memset(sums, 0, work.sums->len);
        memset(best, 0, work.best->len);
    }
    else
        collect(&work.groups, sums, allowed, k, found);
    for (Py_ssize_t i = 0; i < found->held; i++)
        work.ranked[i] = (Ranked){(uint64_t)found->keys[i] << 32 | found->docs[i], 0};
    Ranked *ranked = sorted(work.ranked, work.ranked + found->held, found->held);
    for (Py_ssize_t i = 0; i < found->held; i++) {
        ids[i] = (int64_t)(ranked[i].key & UINT32_MAX);
        scores[i] = score_of((uint32_t)(ranked[i].key >> 32));
    }
    if (thread)
        PyEval_RestoreThread(thread);
    if (wrong)
        PyErr_SetString(PyExc_IndexError, "postings point outside the index");
    else
        answer = Py_BuildValue("nn", found->held, found->total);
end:
    release(&work.groups);
    let_go(&work.buffers);
    PyMem_Free(work.found.docs);
    PyMem_Free(work.ranked);
    return answer;
}

/* ---- scores of given passages ---- */

/* Raise `best` of each of n rising ids to what `list` gives it. */
static void raise_to(const List *list, const int64_t *ids, Py_ssize_t n, float *best)
{
    const uint32_t *docs = list->docs.buf;
    const float *impacts = list->impacts.buf;
    for (Py_ssize_t i = 0, at = 0; i < n && at < list->count; i++) {
        Py_ssize_t step = 1;
        while (at + step < list->count && docs[at + step] <= ids[i]) {
            at += step;
            step *= 2;
        }
        for (; step; step /= 2)
            if (at + step < list->count && docs[at + step] <= ids[i])
                at += step;
        float gain = impacts[at] * list->weight;
        if (docs[at] == ids[i] && gain > best[i])
            best[i] = gain;
    }
}

PyObject *scores_of_groups(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Groups groups = {0};
    Buffers buffers = {.held = 0};
    Py_buffer *ids, *rows;
    PyObject *answer = NULL;
    (void)module;
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "three arguments are needed");
        return NULL;
    }
    if (!(ids = hold(&buffers, args[1], "lq", 8, 0, "ids")) || !(rows = hold(&buffers, args[2], "f", 4, 1, "rows")) ||
        take(&groups, args[0]))
        goto end;
    Py_ssize_t n = ids->len / 8, first = 0;
    if (rows->len != groups.groups * n * 4) {
        unequal();
        goto end;
    }
    for (Py_ssize_t g = 0; g < groups.groups; first = groups.ends[g++])
        for (Py_ssize_t i = first; i < groups.ends[g]; i++)
            raise_to(&groups.lists[i], ids->buf, n, (float *)rows->buf + g * n);
    answer = Py_NewRef(Py_None);
end:
    release(&groups);
    let_go(&buffers);
    return answer;
}
