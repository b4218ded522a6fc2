/* What the compiled loops share: buffers of arrays, checked before a loop starts. */

#ifndef JEUGDZOEK_SHARED_H
#define JEUGDZOEK_SHARED_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define LONG_WORK 50000 /* postings, codes or numbers from which other threads may run meanwhile */
#define MOST_HELD 8

PyObject *best_of_sums(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *scores_of_groups(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *cosines(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *best_rows(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *fuse(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *shortlist(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* Fill `view` with the items of a contiguous array of one of the `kinds` of struct letters. */
static inline int get(PyObject *array, Py_buffer *view, const char *kinds, Py_ssize_t size, int writable,
                      const char *what)
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

typedef struct {
    Py_buffer views[MOST_HELD];
    int held;
} Buffers;

/* Hold `array` until `let_go`; NULL where it is not what `get` asks for. */
static inline Py_buffer *hold(Buffers *all, PyObject *array, const char *kinds, Py_ssize_t size, int writable,
                       const char *what)
{
    Py_buffer *view = &all->views[all->held];
    if (get(array, view, kinds, size, writable, what))
        return NULL;
    all->held++;
    return view;
}

static inline void let_go(Buffers *all)
{
    while (all->held)
        PyBuffer_Release(&all->views[--all->held]);
}

static inline int unequal(void)
{
    PyErr_SetString(PyExc_ValueError, "arrays of unequal length");
    return -1;
}

#endif
