/* tinycc run-time stub: a device that is the CPU; see tinycc_rt_emulate.h. Its memory comes from the
 * heap, with nothing between a buffer's end and what the address sanitizer guards. */
#undef _FORTIFY_SOURCE /* which takes a jump to another stack for an attack */
#include "tinycc_rt_device.h"

#include <csetjmp>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tinycc_rt_emulate.h"

thread_local tinycc_rt_emulated_item tinycc_rt_emulated;

namespace {

constexpr size_t stack_bytes = 256u * 1024u; /* of an item; what it does not touch takes no memory */

#if defined(__SANITIZE_ADDRESS__)
#define TINYCC_RT_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TINYCC_RT_WATCHED 1
#endif
#endif

/* Where something goes on: an item on a stack of its own, or what runs them. */
struct place {
    ucontext_t start;
    std::jmp_buf registers;
    bool entered;
};

/* Goes on at `to`, until something goes on at `from`. swapcontext() asks the kernel for the signal mask each
 * time, which takes ten times as long; but the address sanitizer knows what it does. */
void go_on(place *from, place *to)
{
#ifdef TINYCC_RT_WATCHED
    (void)swapcontext(&from->start, &to->start);
#else
    if (_setjmp(from->registers) == 0) {
        if (to->entered) {
            _longjmp(to->registers, 1);
        }
        to->entered = true;
        (void)setcontext(&to->start);
    }
#endif
}

/* The items of a group that meet. */
struct group_of_items {
    place scheduler;
    place *items;
    unsigned char *stacks;
    bool *ended;
    int32_t count;
    void (*run)(void **);
    void **arguments;
};

thread_local group_of_items group;

void set_item(unsigned block, unsigned thread)
{
    tinycc_rt_emulated.block.x = block;
    tinycc_rt_emulated.thread.x = thread;
    tinycc_rt_emulated.number = (block * tinycc_rt_emulated.size.x) + thread;
}

/* One item, of one group after the other. */
[[noreturn]] void run_items()
{
    place *const own = &group.items[tinycc_rt_emulated.thread.x];

    for (;;) {
        group.run(group.arguments);
        group.ended[own - group.items] = true;
        go_on(own, &group.scheduler);
    }
}

void make_items()
{
    group.scheduler.entered = true;
    for (int32_t k = 0; k < group.count; ++k) {
        ucontext_t *const start = &group.items[k].start;

        (void)getcontext(start);
        start->uc_stack.ss_sp = &group.stacks[stack_bytes * static_cast<size_t>(k)];
        start->uc_stack.ss_size = stack_bytes;
        start->uc_link = nullptr;
        makecontext(start, run_items, 0);
    }
}

/* From barrier to barrier, each item in turn, until all have ended. */
void run_group()
{
    bool active = true;

    (void)std::memset(group.ended, 0, static_cast<size_t>(group.count) * sizeof(bool));
    while (active) {
        active = false;
        for (int32_t k = 0; k < group.count; ++k) {
            if (!group.ended[k]) {
                set_item(tinycc_rt_emulated.block.x, static_cast<unsigned>(k));
                go_on(&group.scheduler, &group.items[k]);
                active = active || !group.ended[k];
            }
        }
    }
}

/* All groups of a launch; false: there is no memory for the stacks. */
bool run_groups(const tinycc_rt_kernel *k, void (*run)(void **), void **arguments)
{
    const auto count = static_cast<size_t>(k->group);

    group.count = k->group;
    group.run = run;
    group.arguments = arguments;
    group.items = static_cast<place *>(std::calloc(count, sizeof(place)));
    group.stacks = static_cast<unsigned char *>(std::malloc(count * stack_bytes));
    group.ended = static_cast<bool *>(std::calloc(count, sizeof(bool)));
    const bool there =
        (group.items != nullptr) && (group.stacks != nullptr) && (group.ended != nullptr);
    if (there) {
        make_items();
    }
    for (int32_t g = 0; there && (g < ((k->items + k->group - 1) / k->group)); ++g) {
        tinycc_rt_emulated.block.x = static_cast<unsigned>(g);
        run_group();
    }
    std::free(group.items);
    std::free(group.stacks);
    std::free(group.ended);
    return there;
}

constexpr int32_t arguments_max = 1024;

tinycc_rt_error fail(tinycc_rt_device *device, tinycc_rt_error error, const char *what)
{
    if (device->error == TINYCC_RT_OK) {
        device->error = error;
        (void)std::snprintf(device->message, sizeof device->message, "%s", what);
    }
    return device->error;
}

/* One memory: arena tensors lie within the arena, all others are blocks of their own. */
void make_memory(tinycc_rt_device *device, int32_t memory)
{
    const tinycc_rt_memory *const m = &device->model->memories[memory];

    if (m->kind == TINYCC_RT_ARENA) {
        device->memories[memory] = static_cast<unsigned char *>(device->arena) + m->offset;
        return;
    }
    device->memories[memory] = std::calloc(m->bytes, 1);
    if (device->memories[memory] == nullptr) {
        (void)fail(device, TINYCC_RT_ERROR_MEMORY, "out of memory");
    } else if (m->kind == TINYCC_RT_WEIGHT) {
        (void)std::memcpy(device->memories[memory], m->first, m->bytes);
    }
}

}  // namespace

void tinycc_rt_emulated_barrier()
{
    go_on(&group.items[tinycc_rt_emulated.thread.x], &group.scheduler);
}

tinycc_rt_error tinycc_rt_device_open(tinycc_rt_device *device, const tinycc_rt_model *model,
                                      const tinycc_rt_options *, void **memories,
                                      int32_t *foreign, void **kernels)
{
    (void)std::memset(device, 0, sizeof *device);
    device->model = model;
    device->memories = memories;
    device->foreign = foreign;
    device->kernels = kernels;
    device->library = device; /* open */
    device->arena = std::calloc(model->arena_bytes + 1u, 1);
    if (device->arena == nullptr) {
        return fail(device, TINYCC_RT_ERROR_MEMORY, "out of memory");
    }
    (void)std::memset(device->arena, 0xFF, model->arena_bytes);
    for (int32_t k = 0; k < model->memory_count; ++k) {
        foreign[k] = 0;
        make_memory(device, k);
    }
    return tinycc_rt_device_reset(device);
}

void tinycc_rt_device_close(tinycc_rt_device *device)
{
    if (device->library == nullptr) {
        return;
    }
    for (int32_t k = 0; k < device->model->memory_count; ++k) {
        if ((device->model->memories[k].kind != TINYCC_RT_ARENA) && (device->foreign[k] == 0)) {
            std::free(device->memories[k]);
        }
    }
    std::free(device->arena);
    device->library = nullptr;
    (void)fail(device, TINYCC_RT_ERROR_DEVICE, "the device is closed");
}

tinycc_rt_error tinycc_rt_device_bind(tinycc_rt_device *device, int32_t memory, void *handle)
{
    if (device->foreign[memory] == 0) {
        std::free(device->memories[memory]);
    }
    device->memories[memory] = handle;
    device->foreign[memory] = 1;
    return device->error;
}

tinycc_rt_error tinycc_rt_device_write(tinycc_rt_device *device, int32_t memory, const void *host)
{
    if ((device->error == TINYCC_RT_OK) && (host != nullptr)) {
        (void)std::memcpy(device->memories[memory], host, device->model->memories[memory].bytes);
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_read(tinycc_rt_device *device, int32_t memory, void *host)
{
    if ((device->error == TINYCC_RT_OK) && (host != nullptr)) {
        (void)std::memcpy(host, device->memories[memory], device->model->memories[memory].bytes);
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_reset(tinycc_rt_device *device)
{
    for (int32_t k = 0; (k < device->model->memory_count) && (device->error == TINYCC_RT_OK); ++k) {
        const tinycc_rt_memory *const m = &device->model->memories[k];

        if ((m->kind == TINYCC_RT_STATE) && (m->first != nullptr)) {
            (void)std::memcpy(device->memories[k], m->first, m->bytes);
        } else if (m->kind == TINYCC_RT_STATE) {
            (void)std::memset(device->memories[k], 0, m->bytes);
        }
    }
    return device->error;
}

tinycc_rt_error tinycc_rt_device_launch(tinycc_rt_device *device, int32_t kernel_number,
                                        const int32_t *memories, int32_t memory_count,
                                        const int32_t *numbers, int32_t number_count)
{
    const tinycc_rt_kernel *const k = &device->model->kernels[kernel_number];
    const auto run =
        reinterpret_cast<void (*)(void **)>(device->model->functions[kernel_number]);
    void *arguments[arguments_max + 3] = {nullptr};
    const int32_t groups = (k->items + k->group - 1) / k->group;

    if (device->error != TINYCC_RT_OK) {
        return device->error;
    }
    if ((memory_count + number_count) > arguments_max) {
        return fail(device, TINYCC_RT_ERROR_LAUNCH, "too many arguments");
    }
    for (int32_t i = 0; i < memory_count; ++i) {
        arguments[i] = &device->memories[memories[i]];
    }
    for (int32_t i = 0; i < number_count; ++i) {
        arguments[memory_count + i] = const_cast<int32_t *>(&numbers[i]);
    }
    arguments[memory_count + number_count] = &tinycc_rt_emulated.number; /* for Metal */
    arguments[memory_count + number_count + 1] = &tinycc_rt_emulated.block.x;
    arguments[memory_count + number_count + 2] = &tinycc_rt_emulated.thread.x;
    tinycc_rt_emulated.size.x = static_cast<unsigned>(k->group);
    if (k->meets != 0) {
        return run_groups(k, run, arguments) ? device->error
                                             : fail(device, TINYCC_RT_ERROR_MEMORY, "out of memory");
    }
    /* as on a device: whole groups, so that items beyond the last one run too */
    for (int32_t item = 0; item < (groups * k->group); ++item) {
        set_item(static_cast<unsigned>(item / k->group), static_cast<unsigned>(item % k->group));
        run(arguments);
    }
    return device->error;
}

int tinycc_rt_device_begin(tinycc_rt_device *)
{
    return 1;
}

tinycc_rt_error tinycc_rt_device_end(tinycc_rt_device *device)
{
    return device->error;
}

int tinycc_rt_device_flag(tinycc_rt_device *device, int32_t memory)
{
    return (*static_cast<unsigned char *>(device->memories[memory]) != 0u) ? 1 : 0;
}

tinycc_rt_error tinycc_rt_device_finish(tinycc_rt_device *device)
{
    return device->error;
}

uint64_t tinycc_rt_device_nanoseconds(tinycc_rt_device *)
{
    return 0;
}

const char *tinycc_rt_device_message(const tinycc_rt_device *device)
{
    return device->message;
}
