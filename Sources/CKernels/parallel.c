#include "include/parallel.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

enum { most_workers = 255, spins_before_sleep = 4000 };

static struct {
    pthread_mutex_t owner;            // held by the thread whose loop the pool runs
    pthread_mutex_t sleep_lock;
    pthread_cond_t wake;
    atomic_size_t epoch;              // odd while a loop is open to workers
    atomic_size_t active;             // workers inside the loop
    atomic_size_t next;               // first index nobody has taken
    atomic_size_t sleepers;
    atomic_size_t admitted;           // workers with a lower number may join
    size_t workers;
    size_t count;
    ck_parallel_body body;
    void *context;
} pool = {.owner = PTHREAD_MUTEX_INITIALIZER, .sleep_lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static _Thread_local int inside_loop;

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    sched_yield();
#endif
}

static void take_indices(void) {
    for (;;) {
        const size_t index = atomic_fetch_add(&pool.next, 1);
        if (index >= pool.count) return;
        pool.body(pool.context, index);
    }
}

static size_t wait_for_epoch_after(size_t seen) {
    for (int spin = 0; spin < spins_before_sleep; spin++) {
        const size_t now = atomic_load(&pool.epoch);
        if (now != seen && (now & 1)) return now;
        relax();
    }
    pthread_mutex_lock(&pool.sleep_lock);
    atomic_fetch_add(&pool.sleepers, 1);
    size_t now;
    while ((now = atomic_load(&pool.epoch)) == seen || !(now & 1)) pthread_cond_wait(&pool.wake, &pool.sleep_lock);
    atomic_fetch_sub(&pool.sleepers, 1);
    pthread_mutex_unlock(&pool.sleep_lock);
    return now;
}

static void *worker(void *argument) {
    const size_t number = (size_t)(uintptr_t)argument;
    inside_loop = 1;
    for (size_t seen = 0;;) {
        seen = wait_for_epoch_after(seen);
        if (number >= atomic_load(&pool.admitted)) continue;
        // Announce first, look again after: the caller closes the loop, then waits for the announced.
        atomic_fetch_add(&pool.active, 1);
        if (atomic_load(&pool.epoch) == seen) take_indices();
        atomic_fetch_sub(&pool.active, 1);
    }
    return NULL;
}

static void grow(size_t workers) {
    while (pool.workers < workers && pool.workers < most_workers) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)(uintptr_t)pool.workers)) return;
        pthread_detach(thread);
        pool.workers++;
    }
}

void ck_parallel_for(size_t count, size_t threads, ck_parallel_body body, void *context) {
    if (count < 2 || threads < 2 || inside_loop || pthread_mutex_trylock(&pool.owner)) {
        for (size_t i = 0; i < count; i++) body(context, i);
        return;
    }
    const size_t helpers = (threads < count ? threads : count) - 1;
    grow(helpers);
    pool.count = count;
    pool.body = body;
    pool.context = context;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.admitted, helpers);
    atomic_fetch_add(&pool.epoch, 1);
    if (atomic_load(&pool.sleepers)) {
        pthread_mutex_lock(&pool.sleep_lock);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.sleep_lock);
    }
    inside_loop = 1;
    take_indices();
    inside_loop = 0;
    atomic_fetch_add(&pool.epoch, 1);
    for (int spin = 0; atomic_load(&pool.active); spin++) {
        if (spin < spins_before_sleep) relax(); else sched_yield();
    }
    pthread_mutex_unlock(&pool.owner);
}
