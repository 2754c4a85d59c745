/* Two networks, a thread and a device each: what they compute at once must be what each computes alone. */
#include "digits.h"
#include "resnet8.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define INPUTS 4
#define OPENINGS 4 /* of a device in each thread, one after the other */
#define ROUNDS 25  /* over all inputs with each of them */

/* Runs a network on a device: input k, in 0 .. 1. */
#define NETWORK(name, NAME, in_type, out_type)                                                     \
    static out_type name##_alone[INPUTS];                                                          \
    static long name##_runs, name##_differ;                                                        \
                                                                                                   \
    static name##_status name##_compute(name##_device *device, int k, out_type *out)              \
    {                                                                                              \
        in_type in;                                                                                \
        float *const values = (float *)&in;                                                        \
        const name##_inputs inputs = {&in};                                                        \
        const name##_outputs outputs = {out};                                                      \
                                                                                                   \
        for (size_t i = 0; i < (sizeof in / sizeof *values); ++i) {                                \
            values[i] = (float)((i * (size_t)(7 + k)) % 17u) / 16.0f;                              \
        }                                                                                          \
        return name##_run(&inputs, &outputs, device);                                              \
    }                                                                                              \
                                                                                                   \
    static void name##_use(int rounds, int keep)                                                   \
    {                                                                                              \
        name##_device device;                                                                      \
                                                                                                   \
        if (name##_open(&device, NULL) != NAME##_OK) {                                             \
            printf("%s: %s\n", #name, tinycc_rt_device_message(&device.rt));                       \
        }                                                                                          \
        for (int k = 0; k < (rounds * INPUTS); ++k) {                                              \
            out_type out;                                                                          \
            out_type *const place = (keep != 0) ? &name##_alone[k] : &out;                         \
            const int failed = name##_compute(&device, k % INPUTS, place) != NAME##_OK;            \
                                                                                                   \
            name##_runs += (keep == 0) ? 1 : 0;                                                    \
            name##_differ +=                                                                       \
                (failed || (memcmp(place, &name##_alone[k % INPUTS], sizeof *place) != 0)) ? 1 : 0; \
        }                                                                                          \
        name##_close(&device);                                                                     \
    }                                                                                              \
                                                                                                   \
    static void *name##_thread(void *none)                                                         \
    {                                                                                              \
        for (int k = 0; k < OPENINGS; ++k) {                                                       \
            name##_use(ROUNDS, 0);                                                                 \
        }                                                                                          \
        return none;                                                                               \
    }                                                                                              \
                                                                                                   \
    static void name##_report(void)                                                                \
    {                                                                                              \
        printf("%ld runs of %s, %ld differ\n", name##_runs, #name, name##_differ);                 \
    }

NETWORK(digits, DIGITS, digits_image, digits_probs)
NETWORK(resnet8, RESNET8, resnet8_in_0, resnet8_out_37)

int main(void)
{
    pthread_t threads[2];
    void *const library = dlopen(TINYCC_RT_OPENCL, RTLD_NOW); /* which counts as long as it is there */

    digits_use(1, 1);
    resnet8_use(1, 1);
    (void)pthread_create(&threads[0], NULL, digits_thread, NULL);
    (void)pthread_create(&threads[1], NULL, resnet8_thread, NULL);
    (void)pthread_join(threads[0], NULL);
    (void)pthread_join(threads[1], NULL);
    digits_report();
    resnet8_report();
    (void)fflush(stdout);
    return (library != NULL) ? dlclose(library) : 1;
}
