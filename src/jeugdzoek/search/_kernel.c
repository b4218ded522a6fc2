/* The inner loops of a search, for machines where numpy is too slow: sums of postings with the best
 * k of them, scores of given passages, and distances between binary codes.
 *
 * Each has a twin in numpy (topk.sums_in_numpy, topk.rows_in_numpy, dense.distances_in_numpy) that gives the same answer to the
 * last bit; tests hold the two together. Every length and type is checked before a loop starts,
 * every passage number inside it. Compiled with contraction of a*b+c off: a fused multiply-add
 * would round otherwise than numpy does. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define LONG_WORK 50000 /* postings or codes from which other threads may run meanwhile */

/* ---- buffers ---- */

/* Fill `view` with the items of a contiguous array of one of the `kinds` of struct letters. */
static int get(PyObject *array, Py_buffer *view, const char *kinds, Py_ssize_t size, int writable, const char *what)
{
    if (PyObject_GetBuffer(array, view, PyBUF_FORMAT | PyBUF_ND | PyBUF_C_CONTIGUOUS | (writable ? PyBUF_WRITABLE : 0)))
        return -1;
    const char *format = view->format ? view->format : "B";
    if (*format == '<' || *format == '=')
        format++;
    if (view->itemsize != size || !*format || format[1] || !strchr(kinds, *format) ||
        (uintptr_t)view->buf % (size_t)size) {
        PyErr_Format(PyExc_TypeError, "%s: items of %zd bytes, kind %s, are not what is searched", what,
                     view->itemsize, view->format ? view->format : "B");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

#define MOST_HELD 8

typedef struct {
    Py_buffer views[MOST_HELD];
    int held;
} Buffers;

/* Hold `array` until `let_go`; NULL where it is not what `get` asks for. */
static Py_buffer *hold(Buffers *all, PyObject *array, const char *kinds, Py_ssize_t size, int writable,
                       const char *what)
{
    Py_buffer *view = &all->views[all->held];
    if (get(array, view, kinds, size, writable, what))
        return NULL;
    all->held++;
    return view;
}

static void let_go(Buffers *all)
{
    while (all->held)
        PyBuffer_Release(&all->views[--all->held]);
}

static int unequal(void)
{
    PyErr_SetString(PyExc_ValueError, "arrays of unequal length");
    return -1;
}

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

typedef struct {
    float score;
    uint32_t doc;
} Scored;

/* Whether a stands behind b: a lower score, or the same and a later passage. */
static inline int behind(Scored a, Scored b)
{
    return a.score < b.score || (a.score == b.score && a.doc > b.doc);
}

/* Let `heap[at]` sink; the hindmost of `size` is on top. */
static void sink(Scored *heap, Py_ssize_t size, Py_ssize_t at)
{
    Scored moved = heap[at];
    for (Py_ssize_t child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size && behind(heap[child + 1], heap[child]))
            child++;
        if (!behind(heap[child], moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* Put the best k of `sums` from `floor` up into `heap`, best first; count those allowed in `total`
 * and set what was touched back to 0. Return how many there are. */
static Py_ssize_t take_best(const Groups *all, float *sums, const char *allowed, float floor, Scored *heap,
                            Py_ssize_t k, Py_ssize_t *total)
{
    Py_ssize_t held = 0;
    for (Py_ssize_t i = 0; i < all->lists_held; i++) {
        const uint32_t *docs = all->lists[i].docs.buf;
        for (Py_ssize_t p = 0; p < all->lists[i].count; p++) {
            Scored one = {sums[docs[p]], docs[p]};
            if (one.score == 0)
                continue;
            sums[one.doc] = 0;
            if (allowed && !allowed[one.doc])
                continue;
            ++*total;
            if (one.score < floor)
                continue;
            if (held < k) {
                heap[held++] = one;
                if (held == k)
                    for (Py_ssize_t at = k / 2; at-- > 0;)
                        sink(heap, k, at);
            }
            else if (k && behind(heap[0], one)) {
                heap[0] = one;
                sink(heap, k, 0);
            }
        }
    }
    if (held < k)
        for (Py_ssize_t at = held / 2; at-- > 0;)
            sink(heap, held, at);
    for (Py_ssize_t left = held; left-- > 1;) {
        Scored last = heap[0];
        heap[0] = heap[left];
        heap[left] = last;
        sink(heap, left, 0);
    }
    return held;
}

/* All that best_of_sums works on. */
typedef struct {
    Groups groups;
    Buffers buffers;
    Py_buffer *sums, *best, *allowed, *ids, *scores;
    Scored *heap;
} Work;

static int prepare(Work *work, PyObject *const *args)
{
    Buffers *all = &work->buffers;
    if (!(work->sums = hold(all, args[1], "f", 4, 1, "sums")) || !(work->best = hold(all, args[2], "f", 4, 1, "best")) ||
        (args[4] != Py_None && !(work->allowed = hold(all, args[4], "?", 1, 0, "allowed"))) ||
        !(work->ids = hold(all, args[5], "lq", 8, 1, "ids")) ||
        !(work->scores = hold(all, args[6], "f", 4, 1, "scores")) || take(&work->groups, args[0]))
        return -1;
    if (work->best->len != work->sums->len || work->ids->len != 2 * work->scores->len ||
        work->sums->len / 4 > UINT32_MAX || (work->allowed && work->allowed->len != work->sums->len / 4))
        return unequal();
    work->heap = PyMem_New(Scored, work->scores->len / 4 ? work->scores->len / 4 : 1);
    if (!work->heap)
        PyErr_NoMemory();
    return work->heap ? 0 : -1;
}

static PyObject *best_of_sums(PyObject *module, PyObject *const *args, Py_ssize_t count)
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
    Py_ssize_t total = 0, found = 0;
    PyThreadState *thread = work.groups.postings > LONG_WORK ? PyEval_SaveThread() : NULL;
    int wrong = add_up(&work.groups, sums, best, (uint32_t)(work.sums->len / 4));
    if (wrong) {
        memset(sums, 0, work.sums->len);
        memset(best, 0, work.best->len);
    }
    else
        found = take_best(&work.groups, sums, allowed, floor, work.heap, work.scores->len / 4, &total);
    for (Py_ssize_t i = 0; i < found; i++) {
        ids[i] = work.heap[i].doc;
        scores[i] = work.heap[i].score;
    }
    if (thread)
        PyEval_RestoreThread(thread);
    if (wrong)
        PyErr_SetString(PyExc_IndexError, "postings point outside the index");
    else
        answer = Py_BuildValue("nn", found, total);
end:
    release(&work.groups);
    let_go(&work.buffers);
    PyMem_Free(work.heap);
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

static PyObject *scores_of_groups(PyObject *module, PyObject *const *args, Py_ssize_t count)
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

/* ---- distances between codes ---- */

#if defined(__GNUC__) || defined(__clang__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE static inline
#endif

ALWAYS_INLINE uint64_t ones(uint64_t bits)
{
#if defined(__GNUC__) || defined(__clang__)
    return (uint64_t)__builtin_popcountll(bits);
#else
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    return ((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56;
#endif
}

/* w words of each of n codes, word after word, and what they are compared with. */
typedef struct {
    const uint64_t *words, *signs, *masks;
    Py_ssize_t n, width, planes;
} Codes;

#define LANES 64 /* codes at a time: sums of 64 bits that stay in the nearest cache */

/* Set `total` of every code to the sum of 2**b for each of its bits that differs from the signs under plane b. */
ALWAYS_INLINE void compare(const Codes *codes, uint16_t *total)
{
    for (Py_ssize_t start = 0; start < codes->n; start += LANES) {
        uint64_t sums[LANES] = {0};
        Py_ssize_t size = codes->n - start < LANES ? codes->n - start : LANES;
        for (Py_ssize_t bit = codes->planes; bit-- > 0;) {
            for (Py_ssize_t i = 0; i < LANES; i++)
                sums[i] <<= 1;
            for (Py_ssize_t w = 0; w < codes->width; w++) {
                const uint64_t *word = codes->words + w * codes->n + start;
                uint64_t sign = codes->signs[w], mask = codes->masks[bit * codes->width + w];
                for (Py_ssize_t i = 0; mask && i < size; i++)
                    sums[i] += ones((word[i] ^ sign) & mask);
            }
        }
        for (Py_ssize_t i = 0; i < size; i++)
            total[start + i] = (uint16_t)sums[i];
    }
}

/* The same for any processor and for those that count bits by themselves; which it is shows at run time. */
static void compare_anywhere(const Codes *codes, uint16_t *total)
{
    compare(codes, total);
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
__attribute__((target("popcnt"))) static void compare_popcnt(const Codes *codes, uint16_t *total)
{
    compare(codes, total);
}

__attribute__((target("avx512f,avx512vl,avx512bw,avx512vpopcntdq,popcnt"))) static void
compare_avx512(const Codes *codes, uint16_t *total)
{
    compare(codes, total);
}

static void (*fastest(void))(const Codes *, uint16_t *)
{
    if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return compare_avx512;
    return __builtin_cpu_supports("popcnt") ? compare_popcnt : compare_anywhere;
}
#else
static void (*fastest(void))(const Codes *, uint16_t *)
{
    return compare_anywhere;
}
#endif

static PyObject *distances(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Buffers buffers = {.held = 0};
    Py_buffer *words, *signs, *masks, *total;
    PyObject *answer = NULL;
    (void)module;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "four arguments are needed");
        return NULL;
    }
    if (!(words = hold(&buffers, args[0], "LQ", 8, 0, "words")) ||
        !(signs = hold(&buffers, args[1], "LQ", 8, 0, "signs")) ||
        !(masks = hold(&buffers, args[2], "LQ", 8, 0, "masks")) || !(total = hold(&buffers, args[3], "H", 2, 1, "total")))
        goto end;
    Py_ssize_t width = signs->len / 8, n = total->len / 2, planes = width ? masks->len / 8 / width : 0;
    if (words->len != width * n * 8 || masks->len != width * planes * 8 || (width << planes) * 64 > UINT16_MAX) {
        unequal();
        goto end;
    }
    Codes codes = {words->buf, signs->buf, masks->buf, n, width, planes};
    PyThreadState *thread = n > LONG_WORK ? PyEval_SaveThread() : NULL;
    fastest()(&codes, total->buf);
    if (thread)
        PyEval_RestoreThread(thread);
    answer = Py_NewRef(Py_None);
end:
    let_go(&buffers);
    return answer;
}

/* ---- the module ---- */

static PyMethodDef methods[] = {
    {"best_of_sums", (PyCFunction)(void (*)(void))best_of_sums, METH_FASTCALL,
     "best_of_sums(groups, sums, best, floor, allowed, ids, scores) -> (found, total)"},
    {"scores_of_groups", (PyCFunction)(void (*)(void))scores_of_groups, METH_FASTCALL,
     "scores_of_groups(groups, ids, rows)"},
    {"distances", (PyCFunction)(void (*)(void))distances, METH_FASTCALL, "distances(words, signs, masks, total)"},
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
