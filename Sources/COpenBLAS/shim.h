#pragma once
#include <stddef.h>
#include <cblas.h>

// The part of LAPACK that OpenBLAS carries and that is used here; its own header is a package apart. The last
// arguments are the lengths of the texts, which Fortran compilers add.
void dgelqf_(const blasint *m, const blasint *n, double *a, const blasint *lda, double *tau, double *work,
             const blasint *lwork, blasint *info);
void dgesdd_(const char *job, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s, double *u,
             const blasint *ldu, double *vt, const blasint *ldvt, double *work, const blasint *lwork, blasint *iwork,
             blasint *info, size_t job_length);
void dpotrf_(const char *triangle, const blasint *n, double *a, const blasint *lda, blasint *info,
             size_t triangle_length);
void dpotrs_(const char *triangle, const blasint *n, const blasint *nrhs, const double *a, const blasint *lda, double *b,
             const blasint *ldb, blasint *info, size_t triangle_length);
void dsyevd_(const char *job, const char *triangle, const blasint *n, double *a, const blasint *lda, double *w,
             double *work, const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info,
             size_t job_length, size_t triangle_length);
