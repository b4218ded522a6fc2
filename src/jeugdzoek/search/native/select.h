/* The lowest of many numbers, and sorting by them. */

#ifndef JEUGDZOEK_SELECT_H
#define JEUGDZOEK_SELECT_H

#if defined(__GNUC__) || defined(__clang__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define FETCH(address) __builtin_prefetch(address)
#else
#define ALWAYS_INLINE static inline
#define FETCH(address) (void)(address)
#endif

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define MANY_PROCESSORS /* what this one can do shows at run time */
#define FAST(name) (__builtin_cpu_supports("avx2") ? name##_avx2 : name##_anywhere)
#else
#define FAST(name) name##_anywhere
#endif

/* ---- the lowest of many numbers ---- */

#define COUNTED 4096 /* numbers at a time: their count fits 16 bits, so that many are counted side by side */

ALWAYS_INLINE Py_ssize_t count_up_to(const uint32_t *numbers, Py_ssize_t n, uint32_t most)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t start = 0; start < n; start += COUNTED) {
        Py_ssize_t end = n - start < COUNTED ? n : start + COUNTED;
        uint16_t here = 0;
        for (Py_ssize_t i = start; i < end; i++)
            here += numbers[i] <= most;
        count += here;
    }
    return count;
}

/* Return the highest of the `many` lowest of n numbers, of at least one: found by counting, as ten or twenty passes
 * without a branch are quicker than one with many. */
ALWAYS_INLINE uint32_t cut_of(const uint32_t *numbers, Py_ssize_t n, Py_ssize_t many)
{
    uint32_t low = UINT32_MAX, high = 0;
    Py_ssize_t below = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        low = numbers[i] < low ? numbers[i] : low;
        high = numbers[i] > high ? numbers[i] : high;
    }
    for (uint32_t middle; low < high && below != many;) {
        middle = low + (high - low) / 2;
        below = count_up_to(numbers, n, middle);
        if (below < many)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t cut = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        cut = numbers[i] <= high && numbers[i] > cut ? numbers[i] : cut;
    return cut;
}

/* ---- order ---- */

/* Return a number that is the lower the higher `score` is: the bits of a float above zero rise as it does, below they
 * fall. */
ALWAYS_INLINE uint32_t key_of(float score)
{
    uint32_t bits;
    score += 0.0f; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits >> 31 ? bits : bits ^ 0x7fffffffu;
}

ALWAYS_INLINE float score_of(uint32_t key)
{
    float score;
    uint32_t bits = key >> 31 ? key : key ^ 0x7fffffffu;
    memcpy(&score, &bits, sizeof score);
    return score;
}

ALWAYS_INLINE uint64_t key_of_double(double score)
{
    uint64_t bits;
    score += 0.0;
    memcpy(&bits, &score, sizeof bits);
    return bits >> 63 ? bits : bits ^ 0x7fffffffffffffffu;
}

typedef struct {
    uint64_t key;
    uint32_t place;
} Ranked;

/* Sort by key, digit by digit from the last; what ties stays in order. Return where the sorted are: in `ranked` or in
 * `other`, which is as long. */
static inline Ranked *sorted(Ranked *ranked, Ranked *other, Py_ssize_t count)
{
    for (int shift = 0; count && shift < 64; shift += 8) {
        uint32_t starts[257] = {0};
        for (Py_ssize_t i = 0; i < count; i++)
            starts[(ranked[i].key >> shift & 255) + 1]++;
        if (starts[(ranked[0].key >> shift & 255) + 1] == (uint32_t)count)
            continue;
        for (int digit = 1; digit < 256; digit++)
            starts[digit] += starts[digit - 1];
        for (Py_ssize_t i = 0; i < count; i++)
            other[starts[ranked[i].key >> shift & 255]++] = ranked[i];
        Ranked *now = other;
        other = ranked;
        ranked = now;
    }
    return ranked;
}

#endif
