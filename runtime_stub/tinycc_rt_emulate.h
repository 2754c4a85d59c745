/* tinycc run-time stub: what kernels of CUDA, HIP or Metal (-DTINYCC_RT_METAL) need to run on a CPU:
 * for tests where there is no such device. Included before the kernels' own text. A launch runs its
 * items one after the other, on the caller's thread; those of a group that meet at barriers have each a
 * stack of its own and take turns. */
#ifndef TINYCC_RT_EMULATE_H
#define TINYCC_RT_EMULATE_H

#include "tinycc_rt_device.h"

#include <math.h>
#include <stdint.h>

#include <utility>

/* Which item is running. */
struct tinycc_rt_emulated_item {
    unsigned number;
    struct {
        unsigned x;
    } block, size, thread;
};
extern thread_local tinycc_rt_emulated_item tinycc_rt_emulated;

/* Returns when all items of the group have called it. */
void tinycc_rt_emulated_barrier();

#ifdef TINYCC_RT_METAL

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
#define kernel
#define device
#define constant const
#define thread
#define threadgroup static thread_local
namespace metal {
enum class mem_flags { mem_threadgroup };
inline void threadgroup_barrier(mem_flags)
{
    tinycc_rt_emulated_barrier();
}
using std::exp;
using std::log;
using std::sin;
using std::sqrt;
using std::trunc;
}  // namespace metal

#else

#define __global__
#define __launch_bounds__(most)
#define __device__
#define __shared__ static thread_local
#define __align__(n) __attribute__((aligned(n)))
#define __syncthreads() tinycc_rt_emulated_barrier()
#define blockIdx (tinycc_rt_emulated.block)
#define blockDim (tinycc_rt_emulated.size)
#define threadIdx (tinycc_rt_emulated.thread)

#endif

/* A parameter out of the array of arguments that a launch makes: each points to its value. */
template <typename T>
struct tinycc_rt_argument {
    static T of(void **arguments, size_t k) { return *static_cast<T *>(arguments[k]); }
};

template <typename T>
struct tinycc_rt_argument<T &> {
    static T &of(void **arguments, size_t k) { return *static_cast<T *>(arguments[k]); }
};

/* Calls a kernel with them. Metal's last parameters are the numbers of the item, of its group, of the
 * item within that. */
template <auto function, typename... Ts, size_t... places>
void tinycc_rt_call(void **arguments, void (*)(Ts...), std::index_sequence<places...>)
{
    (void)arguments;
    function(tinycc_rt_argument<Ts>::of(arguments, places)...);
}

template <auto function, typename... Ts>
void tinycc_rt_spread(void **arguments, void (*kernel_function)(Ts...))
{
    tinycc_rt_call<function>(arguments, kernel_function, std::index_sequence_for<Ts...>());
}

template <auto function>
struct tinycc_rt_emulated_function {
    static void run(void **arguments) { tinycc_rt_spread<function>(arguments, function); }
};

/* In the table of a model's functions. */
#define TINYCC_RT_FUNCTION(kernel_function) \
    ((tinycc_rt_function)(&tinycc_rt_emulated_function<&kernel_function>::run))

#endif
