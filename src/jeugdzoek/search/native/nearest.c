/* Cosines of rows with the best k of them, and the codes that are looked through before. */

#include "shared.h"
#include "select.h"

#include <math.h>

/* ---- cosines ---- */

#define LANES 16     /* sums that run side by side: as many whatever the processor can, so that all round alike */
#define WORTH 2      /* times as many rows as are wanted: from there on levels are looked at first */
#define AHEAD 4      /* rows that are fetched before they are needed */
#define FAR_AHEAD 16 /* and levels, which are used sooner */
#define LINE 64      /* bytes that memory fetches at once */

ALWAYS_INLINE float product(const float *one, const float *other, Py_ssize_t dimensions)
{
    float sums[LANES] = {0};
    Py_ssize_t d = 0;
    for (; d + LANES <= dimensions; d += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += one[d + lane] * other[d + lane];
    for (int lane = 0; d + lane < dimensions; lane++)
        sums[lane] += one[d + lane] * other[d + lane];
    for (int half = LANES / 2; half; half /= 2)
        for (int lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

/* Vectors, a query, which rows are wanted (all `count` of them where `ids` is NULL), and room to work in. */
typedef struct {
    const float *vectors, *query;
    const int64_t *ids;
    const char *allowed;
    Py_ssize_t dimensions, count, many;
    const int8_t *levels; /* of all vectors, each number to the nearest of `steps` of its row; may be NULL */
    const float *steps;
    float *scores;
    uint32_t *keys, *places;
    int64_t *near;
    int16_t *rounded;
} Rows;

ALWAYS_INLINE Py_ssize_t start_of(const Rows *rows, Py_ssize_t i)
{
    return (rows->ids ? rows->ids[i] : i) * rows->dimensions;
}

ALWAYS_INLINE void score_each(const Rows *rows)
{
    for (Py_ssize_t i = 0; i < rows->count; i++) {
        for (Py_ssize_t d = 0; rows->ids && i + AHEAD < rows->count && d < rows->dimensions; d += LINE / 4)
            FETCH(rows->vectors + start_of(rows, i + AHEAD) + d);
        rows->scores[i] = product(rows->vectors + start_of(rows, i), rows->query, rows->dimensions);
    }
}

#define MOST_ROUNDED 8191
#define ROUNDING 5e-5f /* how far an exact product of unit vectors may lie beside the true one */

/* Round the query to whole numbers whose products with levels cannot overflow; return what one of them is worth. */
static float round_query(const Rows *rows)
{
    float largest = 0, most = (float)(INT32_MAX / 128 / rows->dimensions);
    for (Py_ssize_t d = 0; d < rows->dimensions; d++)
        largest = fabsf(rows->query[d]) > largest ? fabsf(rows->query[d]) : largest;
    float worth = largest / (most < MOST_ROUNDED ? most : MOST_ROUNDED);
    for (Py_ssize_t d = 0; d < rows->dimensions; d++)
        rows->rounded[d] = worth > 0 ? (int16_t)(rows->query[d] / worth + (rows->query[d] < 0 ? -0.5f : 0.5f)) : 0;
    return worth;
}

/* Leave in `near` the rows that may be among the `many` best: by their levels no row that is left out can be. */
ALWAYS_INLINE void leave_near(Rows *rows)
{
    float worth = round_query(rows), off = 0;
    for (Py_ssize_t d = 0; d < rows->dimensions; d++)
        off += fabsf(rows->query[d]) / 2 + 64 * worth; /* half a step of each level, and half of each rounded number */
    for (Py_ssize_t i = 0; i < rows->count; i++) {
        const int8_t *levels = rows->levels + start_of(rows, i);
        int32_t sum = 0;
        for (Py_ssize_t d = 0; rows->ids && i + FAR_AHEAD < rows->count && d < rows->dimensions; d += LINE)
            FETCH(rows->levels + start_of(rows, i + FAR_AHEAD) + d);
        for (Py_ssize_t d = 0; d < rows->dimensions; d++)
            sum += (int32_t)levels[d] * rows->rounded[d];
        rows->scores[i] = (float)sum * worth;
    }
    uint32_t *most = rows->keys + rows->count;
    for (Py_ssize_t i = 0; i < rows->count; i++) {
        float step = rows->steps[rows->ids ? rows->ids[i] : i], about = rows->scores[i] * step;
        float beside = off * step * 1.001f + ROUNDING;
        int is_allowed = !rows->allowed || rows->allowed[i];
        rows->keys[i] = is_allowed ? key_of(about - beside) : UINT32_MAX;
        most[i] = is_allowed ? key_of(about + beside) : UINT32_MAX;
    }
    uint32_t cut = cut_of(rows->keys, rows->count, rows->many);
    Py_ssize_t near = 0;
    for (Py_ssize_t i = 0; i < rows->count; i++) {
        rows->near[near] = rows->ids ? rows->ids[i] : i;
        near += most[i] <= cut && most[i] != UINT32_MAX;
    }
    rows->ids = rows->near;
    rows->allowed = NULL;
    rows->count = near;
}

/* Score the rows and leave those with the `many` highest scores in `places`, rising, of which one more must fit; of
 * those that tie with the last the first. */
ALWAYS_INLINE Py_ssize_t choose(Rows *rows)
{
    if (!rows->many)
        return 0;
    if (rows->levels && rows->count > WORTH * rows->many)
        leave_near(rows);
    score_each(rows);
    for (Py_ssize_t i = 0; i < rows->count; i++)
        rows->keys[i] = !rows->allowed || rows->allowed[i] ? key_of(rows->scores[i]) : UINT32_MAX;
    uint32_t cut = cut_of(rows->keys, rows->count, rows->many);
    Py_ssize_t found = 0, ties = rows->many - (cut ? count_up_to(rows->keys, rows->count, cut - 1) : 0);
    for (Py_ssize_t i = 0; i < rows->count; i++) {
        int tie = rows->keys[i] == cut && cut != UINT32_MAX && ties > 0;
        rows->places[found] = (uint32_t)i;
        ties -= tie;
        found += tie || rows->keys[i] < cut;
    }
    return found;
}

static Py_ssize_t choose_anywhere(Rows *rows)
{
    return choose(rows);
}

static void score_anywhere(const Rows *rows)
{
    score_each(rows);
}

#ifdef MANY_PROCESSORS
__attribute__((target("avx2"))) static Py_ssize_t choose_avx2(Rows *rows)
{
    return choose(rows);
}

__attribute__((target("avx2"))) static void score_avx2(const Rows *rows)
{
    score_each(rows);
}
#endif

/* Take vectors, query and ids (or None) from `args`; -1 where they do not fit. */
static int take_rows(Rows *rows, Buffers *buffers, PyObject *const *args)
{
    Py_buffer *vectors, *query, *ids = NULL;
    if (!(vectors = hold(buffers, args[0], "f", 4, 0, "vectors")) ||
        !(query = hold(buffers, args[1], "f", 4, 0, "query")) ||
        (args[2] != Py_None && !(ids = hold(buffers, args[2], "lq", 8, 0, "ids"))))
        return -1;
    rows->vectors = vectors->buf;
    rows->query = query->buf;
    rows->dimensions = query->len / 4;
    if (vectors->ndim != 2 || vectors->shape[1] != rows->dimensions || !rows->dimensions)
        return unequal();
    Py_ssize_t held = vectors->shape[0];
    rows->count = held;
    if (ids) {
        rows->ids = ids->buf;
        rows->count = ids->len / 8;
        for (Py_ssize_t i = 0; i < rows->count; i++)
            if (rows->ids[i] < 0 || rows->ids[i] >= held) {
                PyErr_SetString(PyExc_IndexError, "there is no such row");
                return -1;
            }
    }
    return 0;
}

/* Whether it takes so long that other threads should run meanwhile. */
static int is_long(const Rows *rows)
{
    return rows->count > LONG_WORK / (rows->dimensions + 1);
}

PyObject *cosines(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Buffers buffers = {.held = 0};
    Rows rows = {0};
    Py_buffer *scores;
    PyObject *answer = NULL;
    (void)module;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "four arguments are needed");
        return NULL;
    }
    if (take_rows(&rows, &buffers, args) || !(scores = hold(&buffers, args[3], "f", 4, 1, "scores")))
        goto end;
    if (scores->len != rows.count * 4) {
        unequal();
        goto end;
    }
    rows.scores = scores->buf;
    PyThreadState *thread = is_long(&rows) ? PyEval_SaveThread() : NULL;
    FAST(score)(&rows);
    if (thread)
        PyEval_RestoreThread(thread);
    answer = Py_NewRef(Py_None);
end:
    let_go(&buffers);
    return answer;
}

PyObject *best_rows(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Buffers buffers = {.held = 0};
    Rows rows = {0};
    Py_buffer *allowed = NULL, *levels = NULL, *steps = NULL, *ids, *scores;
    PyObject *answer = NULL;
    Ranked *ranked = NULL;
    (void)module;
    if (count != 8) {
        PyErr_SetString(PyExc_TypeError, "eight arguments are needed");
        return NULL;
    }
    if (take_rows(&rows, &buffers, args) ||
        (args[3] != Py_None && !(allowed = hold(&buffers, args[3], "?", 1, 0, "allowed"))) ||
        (args[4] != Py_None && (!(levels = hold(&buffers, args[4], "b", 1, 0, "levels")) ||
                                !(steps = hold(&buffers, args[5], "f", 4, 0, "steps")))) ||
        !(ids = hold(&buffers, args[6], "lq", 8, 1, "found")) ||
        !(scores = hold(&buffers, args[7], "f", 4, 1, "scores")))
        goto end;
    rows.many = scores->len / 4;
    rows.allowed = allowed ? allowed->buf : NULL;
    rows.levels = levels ? levels->buf : NULL;
    rows.steps = steps ? steps->buf : NULL;
    Py_ssize_t vectors = buffers.views[0].shape[0];
    if (ids->len != rows.many * 8 || (allowed && allowed->len != rows.count) || rows.count > UINT32_MAX ||
        (levels && (levels->len != vectors * rows.dimensions || steps->len != vectors * 4))) {
        unequal();
        goto end;
    }
    rows.scores = PyMem_New(float, rows.count + 1);
    rows.keys = PyMem_New(uint32_t, 2 * rows.count + 1);
    rows.near = PyMem_New(int64_t, rows.count + 1);
    rows.rounded = PyMem_New(int16_t, rows.dimensions + 1);
    rows.places = PyMem_New(uint32_t, rows.many + 1);
    ranked = PyMem_New(Ranked, 2 * rows.many + 1);
    if (!rows.scores || !rows.keys || !rows.near || !rows.rounded || !rows.places || !ranked) {
        PyErr_NoMemory();
        goto end;
    }
    PyThreadState *thread = is_long(&rows) ? PyEval_SaveThread() : NULL;
    Py_ssize_t found = FAST(choose)(&rows);
    for (Py_ssize_t i = 0; i < found; i++)
        ranked[i] = (Ranked){rows.keys[rows.places[i]], rows.places[i]};
    Ranked *best = sorted(ranked, ranked + found, found);
    for (Py_ssize_t i = 0; i < found; i++) {
        ((int64_t *)ids->buf)[i] = rows.ids ? rows.ids[best[i].place] : best[i].place;
        ((float *)scores->buf)[i] = rows.scores[best[i].place];
    }
    if (thread)
        PyEval_RestoreThread(thread);
    answer = PyLong_FromSsize_t(found);
end:
    PyMem_Free(rows.scores);
    PyMem_Free(rows.keys);
    PyMem_Free(rows.near);
    PyMem_Free(rows.rounded);
    PyMem_Free(rows.places);
    PyMem_Free(ranked);
    let_go(&buffers);
    return answer;
}

/* ---- codes ---- */

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

#define BLOCK 64    /* codes at a time: sums of 64 bits that stay in the nearest cache */
#define TOGETHER 8  /* codes that follow each other in a sample: what memory fetches at once */
#define SAMPLED 128 /* of so many */
#define MOST_PLANES 8

/* Codes, word after word, what they are compared with, and room to work in. */
typedef struct {
    const uint64_t *words, *signs, *masks;
    const char *allowed;
    Py_ssize_t passages, width, planes, many, room; /* `ids` has room for so many and a block more */
    uint32_t *sample;
    int64_t *ids;
} Codes;

/* Set `far`, all zero, of each of `size` codes from `start` on to the sum of 2**b for each of its bits that differs
 * from the signs under plane b. */
ALWAYS_INLINE void compare(const Codes *codes, Py_ssize_t start, Py_ssize_t size, uint64_t *far)
{
    for (Py_ssize_t bit = codes->planes; bit-- > 0;) {
        for (Py_ssize_t i = 0; i < size; i++)
            far[i] <<= 1;
        for (Py_ssize_t w = 0; w < codes->width; w++) {
            const uint64_t *word = codes->words + w * codes->passages + start;
            uint64_t sign = codes->signs[w], mask = codes->masks[bit * codes->width + w];
            for (Py_ssize_t i = 0; mask && i < size; i++)
                far[i] += ones((word[i] ^ sign) & mask);
        }
    }
}

/* The same, twice as quick where they are as many as the compiler knows. */
ALWAYS_INLINE void compare_some(const Codes *codes, Py_ssize_t start, Py_ssize_t size, Py_ssize_t mostly, uint64_t *far)
{
    if (size == mostly)
        compare(codes, start, mostly, far);
    else
        compare(codes, start, size, far);
}

/* Return how far about `many` of the codes lie at most, by a sample. */
ALWAYS_INLINE uint32_t reach(const Codes *codes)
{
    Py_ssize_t sampled = 0, allowed = 0;
    for (Py_ssize_t start = 0; start < codes->passages; start += SAMPLED) {
        uint64_t far[TOGETHER] = {0};
        Py_ssize_t size = codes->passages - start < TOGETHER ? codes->passages - start : TOGETHER;
        compare_some(codes, start, size, TOGETHER, far);
        for (Py_ssize_t i = 0; i < size; i++) {
            codes->sample[sampled] = (uint32_t)far[i];
            sampled += !codes->allowed || codes->allowed[start + i];
        }
    }
    for (Py_ssize_t i = 0; i < codes->passages; i++)
        allowed += !codes->allowed || codes->allowed[i];
    if (!sampled || codes->many >= allowed)
        return UINT32_MAX;
    return cut_of(codes->sample, sampled, 1 + sampled * codes->many / allowed);
}

/* Put the codes within reach into `ids`, rising, until that is full. */
ALWAYS_INLINE Py_ssize_t look_through(const Codes *codes)
{
    uint64_t most = reach(codes);
    Py_ssize_t found = 0;
    for (Py_ssize_t start = 0; start < codes->passages && found <= codes->room; start += BLOCK) {
        uint64_t far[BLOCK] = {0};
        Py_ssize_t size = codes->passages - start < BLOCK ? codes->passages - start : BLOCK;
        compare_some(codes, start, size, BLOCK, far);
        for (Py_ssize_t i = 0; codes->allowed && i < size; i++)
            far[i] = codes->allowed[start + i] ? far[i] : UINT64_MAX;
        uint64_t near = 0;
        for (Py_ssize_t i = 0; i < size; i++)
            near |= far[i] <= most;
        for (Py_ssize_t i = 0; near && i < size; i++) {
            codes->ids[found] = start + i;
            found += far[i] <= most;
        }
    }
    return found < codes->room ? found : codes->room;
}

typedef Py_ssize_t (*Looker)(const Codes *);

static Py_ssize_t look_anywhere(const Codes *codes)
{
    return look_through(codes);
}

#ifdef MANY_PROCESSORS
__attribute__((target("popcnt"))) static Py_ssize_t look_popcnt(const Codes *codes)
{
    return look_through(codes);
}

__attribute__((target("avx512f,avx512vl,avx512bw,avx512vpopcntdq,popcnt"))) static Py_ssize_t
look_avx512(const Codes *codes)
{
    return look_through(codes);
}

static Looker fastest_looker(void)
{
    if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return look_avx512;
    return __builtin_cpu_supports("popcnt") ? look_popcnt : look_anywhere;
}
#else
static Looker fastest_looker(void)
{
    return look_anywhere;
}
#endif

PyObject *shortlist(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Buffers buffers = {.held = 0};
    Codes codes = {0};
    Py_buffer *words, *signs, *masks, *allowed = NULL, *ids;
    PyObject *answer = NULL;
    (void)module;
    if (count != 6) {
        PyErr_SetString(PyExc_TypeError, "six arguments are needed");
        return NULL;
    }
    Py_ssize_t many = PyLong_AsSsize_t(args[4]);
    if (PyErr_Occurred() || !(words = hold(&buffers, args[0], "LQ", 8, 0, "words")) ||
        !(signs = hold(&buffers, args[1], "LQ", 8, 0, "signs")) ||
        !(masks = hold(&buffers, args[2], "LQ", 8, 0, "masks")) ||
        (args[3] != Py_None && !(allowed = hold(&buffers, args[3], "?", 1, 0, "allowed"))) ||
        !(ids = hold(&buffers, args[5], "lq", 8, 1, "ids")))
        goto end;
    Py_ssize_t passages = words->ndim == 2 ? words->shape[1] : 0;
    Py_ssize_t planes = signs->len ? masks->len / signs->len : 0;
    if (words->len != signs->len * passages || masks->len != planes * signs->len || planes > MOST_PLANES ||
        signs->len > UINT16_MAX || ids->len / 8 < BLOCK || many < 0 || many > UINT32_MAX || passages > UINT32_MAX ||
        (allowed && allowed->len != passages)) {
        unequal();
        goto end;
    }
    codes = (Codes){words->buf, signs->buf, masks->buf, allowed ? allowed->buf : NULL, passages, signs->len / 8, planes,
                    many, ids->len / 8 - BLOCK, PyMem_New(uint32_t, (passages / SAMPLED + 1) * TOGETHER + 1), ids->buf};
    if (!codes.sample) {
        PyErr_NoMemory();
        goto end;
    }
    PyThreadState *thread = passages > LONG_WORK ? PyEval_SaveThread() : NULL;
    Py_ssize_t found = fastest_looker()(&codes);
    if (thread)
        PyEval_RestoreThread(thread);
    answer = PyLong_FromSsize_t(found);
end:
    PyMem_Free(codes.sample);
    let_go(&buffers);
    return answer;
}
