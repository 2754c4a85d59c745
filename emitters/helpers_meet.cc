// How all items of a group add up what each of them has written to shared memory (LoopKind::meet): a
// warp by passing values from item to item, or a sub-group at once, where the device can; else in
// halves, with a barrier before each, which is also what the emulator on a CPU runs.
#include "emitters/helpers.h"
#include "emitters/writer.h"

namespace tinycc {
namespace {

// @BOTH@: of a and b; @HEAD@, @PLACE@: how the language writes a function on any shared memory.
constexpr HelperRow kMeetRows[] = {
    {"@P@_f_meet_@op@_@t@", R"(
/* part[0] = part[0] @WORD@ ... @WORD@ part[items - 1], of which each item has written its own; items are a
 * power of two from 32 on. */
@HEAD@static @D@inline void @P@_f_meet_@op@_@t@(@PLACE@part, int32_t items, int32_t lane)
{
@QUICK@    for (int32_t rest = items / 2; rest > 0; rest /= 2) {
        @BARRIER@
        if (lane < rest) {
            const @C@ a = part[lane];
            const @C@ b = part[lane + rest];

            part[lane] = @BOTH@;
        }
    }
@END@}
)"},
};

constexpr const char* kByWarps = R"(#ifdef @DEVICE@
    @C@ a = part[lane % items];

    for (int32_t step = 16; step > 0; step /= 2) {
        const @C@ b = @PASSED@;

        a = @BOTH@;
    }
    if ((lane < items) && ((lane % 32) == 0)) {
        part[lane] = a;
    }
    @BARRIER@
    if (lane == 0) {
        for (int32_t warp = 32; warp < items; warp += 32) {
            const @C@ b = part[warp];

            a = @BOTH@;
        }
        part[0] = a;
    }
#else
)";

constexpr const char* kBySubGroups = R"(#if defined(cl_khr_subgroups) || defined(cl_intel_subgroups)
    if (get_num_sub_groups() <= (uint)items) {
        const @C@ all = sub_group_reduce_add((lane < items) ? part[lane] : (@C@)0);

        @BARRIER@
        if (get_sub_group_local_id() == 0u) {
            part[get_sub_group_id()] = all;
        }
        @BARRIER@
        if (lane == 0) {
            for (int32_t k = 1; k < (int32_t)get_num_sub_groups(); ++k) {
                part[0] += part[k];
            }
        }
        return;
    }
#endif
)";

/// The value of `a` that the item `step` further on has, in languages of warps.
struct Passing {
  const char *device, *passed;
};
constexpr Passing kPassings[] = {
    {"__CUDA_ARCH__", "__shfl_down_sync(0xFFFFFFFFu, a, (unsigned)step)"},
    {"__HIP_DEVICE_COMPILE__",
     "__builtin_bit_cast(@C@, __builtin_amdgcn_ds_bpermute((lane + step) * 4, "
     "__builtin_bit_cast(int32_t, a)))"},
    {"__METAL_VERSION__", "simd_shuffle_down(a, (ushort)step)"},
};

/// Integers wrap: through the unsigned type.
std::string both(DType t, char op) {
  if (op == '<') return "(a < b) ? b : a";
  const std::string sign(1, op), c(c_type(t)), wide = bits_of(t) == 64 ? "uint64_t" : "uint32_t";
  return is_float(t) ? "a " + sign + " b"
                     : "(" + c + ")((" + wide + ")a " + sign + " (" + wide + ")b)";
}

std::string quick_body(const Dialect& dialect, DType t, char op) {
  if (bits_of(t) != 32) return "";
  for (const Passing& p : kPassings) {
    if (std::string_view(p.device) == dialect.on_device)
      return replaced(kByWarps, {{"@DEVICE@", p.device}, {"@PASSED@", p.passed}});
  }
  return op == '+' ? kBySubGroups : "";
}

}  // namespace

void add_meeting_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                         const Dialect& dialect) {
  const bool any = *dialect.on_device != 0;  // C++: a template is for pointers to any memory
  const struct {
    const char *name, *word;
    char op;
  } ops[] = {{"add", "+", '+'}, {"mul", "*", '*'}, {"max", "max", '<'}};
  for (const DType t : {DType::f32, DType::f64, DType::i32, DType::u32, DType::i64, DType::u64}) {
    for (const auto& [name, word, op] : ops) {
      const std::string quick = quick_body(dialect, t, op), c(c_type(t));
      Replacements words{{"@QUICK@", quick},
                         {"@END@", any && !quick.empty() ? "#endif\n" : ""},
                         {"@HEAD@", any ? "template <typename P>\n" : ""},
                         {"@PLACE@", any ? "P " : "__local " + c + " *"},
                         {"@BOTH@", both(t, op)},
                         {"@BARRIER@", dialect.barrier},
                         {"@op@", name},
                         {"@WORD@", word},
                         {"@C@", c},
                         {"@t@", std::string(name_of(t))}};
      words.insert(words.end(), with.begin(), with.end());
      words.emplace_back("@D@", dialect.function);
      add_rows(helpers, kMeetRows, words);
    }
  }
}

}  // namespace tinycc
