// What work-groups of CUDA, HIP and Metal call: copies to the memory that they share; and the devices'
// instructions for halves. Matrices: helpers_matrices.cc. One text for devices and for the emulator on
// a CPU.
#include <fmt/format.h>

#include "emitters/helpers.h"

namespace tinycc {
namespace {

// What is in #ifdef is for NVIDIA's GPUs (PTX ISA: cp.async, ldmatrix, mma.sync); the rest
// is right everywhere, also where the items of a group take turns on a CPU.
constexpr HelperRow kGroupRows[] = {
    {"@P@_f_copy_16", R"(
typedef struct __align__(16) {
    uint32_t at[4];
} @P@_f_16_bytes;

/* 16 bytes to shared memory; both places are multiples of 16. @M@_F_COPIED waits for them. */
static @D@inline void @P@_f_copy_16(void *to, const void *from)
{
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 800)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
                 :
                 : "r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from)
                 : "memory");
#else
    *(@P@_f_16_bytes *)to = *(const @P@_f_16_bytes *)from;
#endif
}
)"},
    {"@P@_f_copy_4", R"(
/* 4 bytes to shared memory. @M@_F_COPIED waits for them. */
static @D@inline void @P@_f_copy_4(void *to, const void *from)
{
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 800)
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;"
                 :
                 : "r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from)
                 : "memory");
#else
    *(uint32_t *)to = *(const uint32_t *)from;
#endif
}
)"},
    {"@M@_F_COPIED", R"(
/* Waits for this item's copies but those since the last few barriers. */
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 800)
#define @M@_F_COPIED(barriers) \
    asm volatile("cp.async.commit_group; cp.async.wait_group " #barriers ";" : : : "memory")
#else
#define @M@_F_COPIED(barriers) ((void)0)
#endif
)"},
};

/// What devices do in place of the arithmetic on bits.
struct Instruction {
  const char *device, *function, *text;
};
constexpr Instruction kInstructions[] = {
    {"__CUDA_ARCH__", "_f_widen_f16", R"(float value = 0;

    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"((uint16_t)bits));
    return value;)"},
    {"__CUDA_ARCH__", "_f_narrow_f16", R"(uint16_t value = 0;

    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(value) : "f"(x));
    return value;)"},
    {"__HIP_DEVICE_COMPILE__", "_f_widen_f16",
     "return (float)__builtin_bit_cast(_Float16, (uint16_t)bits);"},
    {"__HIP_DEVICE_COMPILE__", "_f_narrow_f16",
     "return __builtin_bit_cast(uint16_t, (_Float16)x);"},
    {"__METAL_VERSION__", "_f_widen_f16", "return (float)as_type<half>((uint16_t)bits);"},
    {"__METAL_VERSION__", "_f_narrow_f16", "return as_type<uint16_t>((half)x);"},
};

/// #ifdef around the body of a function.
void use_instructions(std::vector<HelperText>& helpers, const std::string& prefix,
                      std::string_view device) {
  for (const Instruction& i : kInstructions) {
    for (HelperText& h : helpers) {
      const size_t body = h.text.find("{\n");
      if (device != i.device || h.name != prefix + i.function || body == std::string::npos)
        continue;
      h.text.insert(body + 2, fmt::format("#ifdef {}\n    {}\n#else\n", i.device, i.text));
      h.text.insert(h.text.rfind('}'), "#endif\n");
    }
  }
}

}  // namespace

void add_group_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                       const Dialect& dialect) {
  add_rows(helpers, kGroupRows, with);
  add_meeting_helpers(helpers, with, dialect);
  add_matrix_helpers(helpers, with, dialect.matrix);
  use_instructions(helpers, with[0].second, dialect.on_device);
}

}  // namespace tinycc
