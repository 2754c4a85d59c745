// What work-groups of CUDA and HIP call: copies to the memory that they share, matrices of halves; and
// NVIDIA's instructions for halves. One text for devices and for the emulator on a CPU.
#include <fmt/format.h>

#include "emitters/helpers.h"

namespace tinycc {
namespace {

// What is in #ifdef is for NVIDIA's GPUs (PTX ISA: cp.async, ldmatrix, mma.sync); the rest
// is right everywhere, also where the items of a group take turns on a CPU: a matrix is then a place.
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

// A matrix as a place in shared memory: what both tables below have where there is no instruction.
constexpr const char* kPlace = R"(    const uint16_t *first;
    int32_t down, right;
)";
constexpr const char* kStepsDown = R"(    (void)lane;
    all.first = place;
    all.down = step;
    all.right = 1;
)";
constexpr const char* kStepsRight = R"(    (void)lane;
    all.first = place;
    all.down = 1;
    all.right = step;
)";
constexpr const char* kProducts = R"(    for (int32_t part = 0; part < @PARTS@; ++part) {
        const int32_t y = @ROW@;
        const int32_t x = @COLUMN@;

        for (int32_t k = 0; k < 16; ++k) {
            sum[part] += @P@_f_widen_f16(rows.first[(y * rows.down) + (k * rows.right)]) *
                         @P@_f_widen_f16(columns.first[(k * columns.down) + (x * columns.right)]);
        }
    }
)";

// Matrices of halves: ldmatrix and mma.sync.
constexpr HelperRow kMmaRows[] = {
    {"@P@_f_rows_f16", R"(
/* A matrix of 16 rows and 16 columns, of which each item of a warp holds 8 elements. */
typedef struct {
#ifdef __CUDA_ARCH__
    uint32_t at[4];
#else
@PLACE@#endif
} @P@_f_rows_f16;
)"},
    {"@P@_f_columns_f16", R"(
/* A matrix of 16 rows and 8 columns, of which each item of a warp holds 4 elements. */
typedef struct {
#ifdef __CUDA_ARCH__
    uint32_t at[2];
#else
@PLACE@#endif
} @P@_f_columns_f16;
)"},
    {"@P@_f_rows_f16_at", R"(
/* From shared memory, where rows are `step` halves apart. */
static @D@inline @P@_f_rows_f16 @P@_f_rows_f16_at(const uint16_t *place, int32_t step, int32_t lane)
{
    @P@_f_rows_f16 all;

#ifdef __CUDA_ARCH__
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(all.at[0]), "=r"(all.at[1]), "=r"(all.at[2]), "=r"(all.at[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(
                     &place[((lane % 16) * step) + ((lane % 32) / 16 * 8)]))
                 : "memory");
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_rows_f16_turned", R"(
/* From shared memory, where columns are `step` halves apart. */
static @D@inline @P@_f_rows_f16 @P@_f_rows_f16_turned(const uint16_t *place, int32_t step,
                                                      int32_t lane)
{
    @P@_f_rows_f16 all;

#ifdef __CUDA_ARCH__
    const int32_t column = ((lane % 32) / 16 * 8) + (lane % 8);
    const int32_t row = (lane % 16) / 8 * 8;

    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(all.at[0]), "=r"(all.at[1]), "=r"(all.at[2]), "=r"(all.at[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(&place[(column * step) + row]))
                 : "memory");
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_f16_at", R"(
/* From shared memory, where columns are `step` halves apart. */
static @D@inline @P@_f_columns_f16 @P@_f_columns_f16_at(const uint16_t *place, int32_t step,
                                                        int32_t lane)
{
    @P@_f_columns_f16 all;

#ifdef __CUDA_ARCH__
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(all.at[0]), "=r"(all.at[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(
                     &place[((lane % 8) * step) + ((lane % 16) / 8 * 8)]))
                 : "memory");
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_f16_turned", R"(
/* From shared memory, where rows are `step` halves apart. */
static @D@inline @P@_f_columns_f16 @P@_f_columns_f16_turned(const uint16_t *place, int32_t step,
                                                            int32_t lane)
{
    @P@_f_columns_f16 all;

#ifdef __CUDA_ARCH__
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(all.at[0]), "=r"(all.at[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(&place[(lane % 16) * step]))
                 : "memory");
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_multiply_f16", R"(
/* sum += rows * columns by a warp. Item l holds of the sum what is in rows l/4 and l/4 + 8, in columns
 * l%4*2 and the next. */
static @D@inline void @P@_f_multiply_f16(float *sum, @P@_f_rows_f16 rows, @P@_f_columns_f16 columns,
                                         int32_t lane)
{
#ifdef __CUDA_ARCH__
    (void)lane;
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, "
        "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(rows.at[0]), "r"(rows.at[1]), "r"(rows.at[2]), "r"(rows.at[3]), "r"(columns.at[0]),
          "r"(columns.at[1]));
#else
@PRODUCTS@#endif
}
)"},
};

// The same of AMD's GPUs: @DEVICE@ is which, @N@ how many halves of a row (column) an item holds, from
// @FIRST@ on. Rows and columns are held alike.
constexpr HelperRow kAmdRows[] = {
    {"@P@_f_halves", R"(
#if @DEVICE@
/* Of a row of 16 (a column), what an item of a warp holds. */
typedef _Float16 @P@_f_halves __attribute__((ext_vector_type(@N@), aligned(8)));
#endif
)"},
    {"@P@_f_rows_f16", R"(
/* A matrix of 16 rows and 16 columns. */
typedef struct {
#if @DEVICE@
    @P@_f_halves at;
#else
@PLACE@#endif
} @P@_f_rows_f16;
)"},
    {"@P@_f_columns_f16", R"(
typedef @P@_f_rows_f16 @P@_f_columns_f16;
)"},
    {"@P@_f_rows_f16_at", R"(
/* From shared memory, where rows are `step` halves apart. */
static @D@inline @P@_f_rows_f16 @P@_f_rows_f16_at(const uint16_t *place, int32_t step, int32_t lane)
{
    @P@_f_rows_f16 all;

#if @DEVICE@
    const void *const own = &place[((lane % 16) * step) + @FIRST@];

    all.at = *(const @P@_f_halves *)own;
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_rows_f16_turned", R"(
/* From shared memory, where columns are `step` halves apart. */
static @D@inline @P@_f_rows_f16 @P@_f_rows_f16_turned(const uint16_t *place, int32_t step,
                                                      int32_t lane)
{
    @P@_f_rows_f16 all;

#if @DEVICE@
    for (int32_t k = 0; k < @N@; ++k) {
        all.at[k] = __builtin_bit_cast(_Float16, place[((@FIRST@ + k) * step) + (lane % 16)]);
    }
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_f16_at", R"(
/* From shared memory, where columns are `step` halves apart. */
static @D@inline @P@_f_columns_f16 @P@_f_columns_f16_at(const uint16_t *place, int32_t step,
                                                        int32_t lane)
{
    @P@_f_columns_f16 all = @P@_f_rows_f16_at(place, step, lane);

#if !(@DEVICE@)
    all.down = 1;
    all.right = step;
#endif
    return all;
}
)"},
    {"@P@_f_columns_f16_turned", R"(
/* From shared memory, where rows are `step` halves apart. */
static @D@inline @P@_f_columns_f16 @P@_f_columns_f16_turned(const uint16_t *place, int32_t step,
                                                            int32_t lane)
{
    @P@_f_columns_f16 all = @P@_f_rows_f16_turned(place, step, lane);

#if !(@DEVICE@)
    all.down = step;
    all.right = 1;
#endif
    return all;
}
)"},
    {"@P@_f_multiply_f16", R"(
/* sum += rows * columns by a warp. Part p of item l stands in row @ROW_WORDS@, column l%16. */
static @D@inline void @P@_f_multiply_f16(float *sum, @P@_f_rows_f16 rows, @P@_f_columns_f16 columns,
                                         int32_t lane)
{
#if @DEVICE@
    typedef float sums __attribute__((ext_vector_type(@PARTS@)));
    sums all;

    (void)lane;
    for (int32_t part = 0; part < @PARTS@; ++part) {
        all[part] = sum[part];
    }
    all = @BUILTIN@;
    for (int32_t part = 0; part < @PARTS@; ++part) {
        sum[part] = all[part];
    }
#else
@PRODUCTS@#endif
}
)"},
};

/// How each instruction (ir/groups.h) spreads its matrices over a warp.
struct Spread {
  const char *form, *row, *column, *row_words, *device, *halves, *first, *parts, *builtin;
};
constexpr Spread kSpreads[] = {
    {"mma", "((lane % 32) / 4) + (part / 2 * 8)", "((lane % 4) * 2) + (part % 2)", "", "", "", "",
     "4", ""},
    {"mfma", "((lane % 64) / 16 * 4) + part", "lane % 16", "l%64/16*4 + p",
     "defined(__gfx90a__) || defined(__gfx942__)", "4", "((lane % 64) / 16 * 4)", "4",
     "__builtin_amdgcn_mfma_f32_16x16x16f16(rows.at, columns.at, all, 0, 0, 0)"},
    {"wmma11", "(part * 2) + ((lane % 32) / 16)", "lane % 16", "p*2 + l%32/16",
     "defined(__GFX11__)", "16", "0", "8",
     "__builtin_amdgcn_wmma_f32_16x16x16_f16_w32(rows.at, columns.at, all)"},
    {"wmma12", "((lane % 32) / 16 * 8) + part", "lane % 16", "l%32/16*8 + p", "defined(__GFX12__)",
     "8", "((lane % 32) / 16 * 8)", "8",
     "__builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(rows.at, columns.at, all)"},
};

void add_matrix_helpers(std::vector<HelperText>& helpers, Replacements with,
                        const std::string& form) {
  for (const Spread& s : kSpreads) {
    if (form != s.form) continue;
    with.insert(with.begin(), {{"@PLACE@", kPlace},
                               {"@STEPS_DOWN@", kStepsDown},
                               {"@STEPS_RIGHT@", kStepsRight},
                               {"@PRODUCTS@", kProducts}});
    with.insert(with.end(), {{"@ROW@", s.row},
                             {"@COLUMN@", s.column},
                             {"@ROW_WORDS@", s.row_words},
                             {"@DEVICE@", s.device},
                             {"@N@", s.halves},
                             {"@FIRST@", s.first},
                             {"@PARTS@", s.parts},
                             {"@BUILTIN@", s.builtin}});
    if (*s.builtin != 0)
      add_rows(helpers, kAmdRows, with);
    else
      add_rows(helpers, kMmaRows, with);
  }
}

/// What NVIDIA's instructions do in place of the arithmetic on bits.
struct Instruction {
  const char *function, *type, *number, *text;
};
constexpr Instruction kInstructions[] = {
    {"_f_widen_f16", "float", "value",
     R"(asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"((uint16_t)bits));)"},
    {"_f_narrow_f16", "uint16_t", "value",
     R"(asm("cvt.rn.f16.f32 %0, %1;" : "=h"(value) : "f"(x));)"},
};

/// #ifdef around the body of a function.
void use_instructions(std::vector<HelperText>& helpers, const std::string& prefix) {
  for (const Instruction& i : kInstructions) {
    for (HelperText& h : helpers) {
      const size_t body = h.text.find("{\n");
      if (h.name != prefix + i.function || body == std::string::npos) continue;
      h.text.insert(body + 2, fmt::format("#ifdef __CUDA_ARCH__\n    {0} {1} = 0;\n\n    {2}\n    "
                                          "return {1};\n#else\n",
                                          i.type, i.number, i.text));
      h.text.insert(h.text.rfind('}'), "#endif\n");
    }
  }
}

}  // namespace

void add_group_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                       const std::string& matrix) {
  add_rows(helpers, kGroupRows, with);
  add_matrix_helpers(helpers, with, matrix);
  use_instructions(helpers, with[0].second);
}

}  // namespace tinycc
