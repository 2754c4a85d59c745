// Matrices that a warp multiplies (ir/groups.h), for CUDA, HIP and Metal. What is in #ifdef is for the
// device; the rest is right everywhere, also where the items of a group take turns on a CPU: a matrix
// is then a place in shared memory.
#include "emitters/helpers.h"
#include "ir/groups.h"

namespace tinycc {
namespace {

// A matrix as a place in shared memory: what both tables below have where there is no instruction.
constexpr const char* kPlace = R"(    const @C@ *first;
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
            sum[part] += @WIDEN@(rows.first[(y * rows.down) + (k * rows.right)]) *
                         @WIDEN@(columns.first[(k * columns.down) + (x * columns.right)]);
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

// The same of Apple's GPUs, as matrices of 8 by 8; of @t@, which Metal calls @H@.
constexpr HelperRow kAppleRows[] = {
    {"@P@_f_rows_@t@", R"(
/* A matrix of 16 rows and 16 columns. */
typedef struct {
#ifdef __METAL_VERSION__
    simdgroup_matrix<@H@, 8, 8> at[2][2];
#else
@PLACE@#endif
} @P@_f_rows_@t@;
)"},
    {"@P@_f_columns_@t@", R"(
/* A matrix of 16 rows and 8 columns. */
typedef struct {
#ifdef __METAL_VERSION__
    simdgroup_matrix<@H@, 8, 8> at[2];
#else
@PLACE@#endif
} @P@_f_columns_@t@;
)"},
    {"@P@_f_rows_@t@_at", R"(
/* From the threadgroup's memory, where rows are `step` elements apart. */
template <typename P>
static inline @P@_f_rows_@t@ @P@_f_rows_@t@_at(P place, int32_t step, int32_t lane)
{
    @P@_f_rows_@t@ all;

#ifdef __METAL_VERSION__
    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(y * 8 * step) + (x * 8)],
                           (ulong)step);
        }
    }
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_rows_@t@_turned", R"(
/* From the threadgroup's memory, where columns are `step` elements apart. */
template <typename P>
static inline @P@_f_rows_@t@ @P@_f_rows_@t@_turned(P place, int32_t step, int32_t lane)
{
    @P@_f_rows_@t@ all;

#ifdef __METAL_VERSION__
    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t x = 0; x < 2; ++x) {
            simdgroup_load(all.at[y][x], (const threadgroup @H@ *)&place[(x * 8 * step) + (y * 8)],
                           (ulong)step, ulong2(0), true);
        }
    }
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_@t@_at", R"(
/* From the threadgroup's memory, where columns are `step` elements apart. */
template <typename P>
static inline @P@_f_columns_@t@ @P@_f_columns_@t@_at(P place, int32_t step, int32_t lane)
{
    @P@_f_columns_@t@ all;

#ifdef __METAL_VERSION__
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8], (ulong)step,
                       ulong2(0), true);
    }
#else
@STEPS_RIGHT@#endif
    return all;
}
)"},
    {"@P@_f_columns_@t@_turned", R"(
/* From the threadgroup's memory, where rows are `step` elements apart. */
template <typename P>
static inline @P@_f_columns_@t@ @P@_f_columns_@t@_turned(P place, int32_t step, int32_t lane)
{
    @P@_f_columns_@t@ all;

#ifdef __METAL_VERSION__
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_load(all.at[y], (const threadgroup @H@ *)&place[y * 8 * step], (ulong)step);
    }
#else
@STEPS_DOWN@#endif
    return all;
}
)"},
    {"@P@_f_multiply_@t@", R"(
/* sum += rows * columns by a SIMD group. Item l holds of the sum what is in rows l/16*4 + l%8/2 and eight
 * further down, in columns l%16/8*4 + l%2*2 and the next. */
static inline void @P@_f_multiply_@t@(@T@float *sum, @P@_f_rows_@t@ rows, @P@_f_columns_@t@ columns,
                                      int32_t lane)
{
#ifdef __METAL_VERSION__
    for (int32_t y = 0; y < 2; ++y) {
        simdgroup_matrix<float, 8, 8> all;

        all.thread_elements()[0] = sum[y * 2];
        all.thread_elements()[1] = sum[(y * 2) + 1];
        simdgroup_multiply_accumulate(all, rows.at[y][0], columns.at[0], all);
        simdgroup_multiply_accumulate(all, rows.at[y][1], columns.at[1], all);
        sum[y * 2] = all.thread_elements()[0];
        sum[(y * 2) + 1] = all.thread_elements()[1];
    }
#else
@PRODUCTS@#endif
}
)"},
};

// Of an item alone: sums of four products of bytes.
constexpr HelperRow kDotRows[] = {
    {"@P@_f_dot4", R"(
/* sum + the products of four bytes each, modulo 2^32. */
static @D@inline int32_t @P@_f_dot4(int32_t sum, int32_t a, int32_t b)
{
#if defined(__CUDA_ARCH__)
    return __dp4a(a, b, sum);
#elif defined(__GFX11__) || defined(__GFX12__)
    return __builtin_amdgcn_sudot4(true, a, true, b, sum, false);
#elif defined(__gfx1030__) || defined(__gfx90a__) || defined(__gfx942__)
    return __builtin_amdgcn_sdot4(a, b, sum, false);
#elif defined(cl_khr_integer_dot_product) && defined(__opencl_c_integer_dot_product_input_4x8bit_packed)
    return sum + dot_4x8packed_ss_int(as_uint(a), as_uint(b));
#elif defined(cl_arm_integer_dot_product_int8)
    return sum + arm_dot(as_char4(a), as_char4(b));
#else
    uint32_t total = (uint32_t)sum;

    for (int32_t bits = 0; bits < 32; bits += 8) {
        const int32_t x = (int8_t)(uint8_t)((uint32_t)a >> bits);
        const int32_t y = (int8_t)(uint8_t)((uint32_t)b >> bits);

        total += (uint32_t)(x * y);
    }
    return (int32_t)total;
#endif
}
)"},
    {"@P@_f_rows_i8", R"(
/* A matrix of 4 rows and 4 columns, a row in a word. */
typedef struct {
    int32_t at[4];
} @P@_f_rows_i8;
)"},
    {"@P@_f_columns_i8", R"(
typedef @P@_f_rows_i8 @P@_f_columns_i8;
)"},
    {"@P@_f_rows_i8_at", R"(
/* From shared memory, where rows, or columns, are `step` bytes apart, a multiple of 4. */
static @D@inline @P@_f_rows_i8 @P@_f_rows_i8_at(@L@const int8_t *place, int32_t step, int32_t lane)
{
    @L@const int32_t *const words = (@L@const int32_t *)(@L@const void *)place;
    @P@_f_rows_i8 all;

    (void)lane;
    for (int32_t y = 0; y < 4; ++y) {
        all.at[y] = words[y * (step / 4)];
    }
    return all;
}
)"},
    {"@P@_f_columns_i8_at", R"(
#define @P@_f_columns_i8_at @P@_f_rows_i8_at
)"},
    {"@P@_f_multiply_i8", R"(
/* sum += rows * columns; part p stands in row p/4, column p%4. */
static @D@inline void @P@_f_multiply_i8(int32_t *sum, @P@_f_rows_i8 rows, @P@_f_columns_i8 columns,
                                        int32_t lane)
{
    (void)lane;
    for (int32_t part = 0; part < 16; ++part) {
        sum[part] = @P@_f_dot4(sum[part], rows.at[part / 4], columns.at[part % 4]);
    }
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
    {"dot", "", "", "", "", "", "", "", ""},
    {"simdgroup", "((lane % 32) / 16 * 4) + (lane % 8 / 2) + (part / 2 * 8)",
     "((lane % 16) / 8 * 4) + (lane % 2 * 2) + (part % 2)", "", "", "", "", "4", ""},
};

/// Of one type of elements.
void add_matrices(std::vector<HelperText>& helpers, Replacements with, const Spread& s, DType t) {
  const bool half = t == DType::f16;
  with.insert(with.begin(), {{"@PLACE@", kPlace},
                             {"@STEPS_DOWN@", kStepsDown},
                             {"@STEPS_RIGHT@", kStepsRight},
                             {"@PRODUCTS@", kProducts},
                             {"@WIDEN@", half ? "@P@_f_widen_f16" : ""}});
  with.insert(with.end(), {{"@ROW@", s.row},
                           {"@COLUMN@", s.column},
                           {"@ROW_WORDS@", s.row_words},
                           {"@DEVICE@", s.device},
                           {"@N@", s.halves},
                           {"@FIRST@", s.first},
                           {"@PARTS@", s.parts},
                           {"@BUILTIN@", s.builtin},
                           {"@t@", std::string(name_of(t))},
                           {"@C@", std::string(c_type(t))},
                           {"@H@", half ? "half" : "float"}});
  if (std::string_view(s.form) == "simdgroup")
    add_rows(helpers, kAppleRows, with);
  else if (std::string_view(s.form) == "dot")
    add_rows(helpers, kDotRows, with);
  else if (*s.builtin != 0)
    add_rows(helpers, kAmdRows, with);
  else
    add_rows(helpers, kMmaRows, with);
}

}  // namespace

void add_matrix_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                        const std::string& form, const std::string& memory) {
  Replacements words = with;
  words.emplace_back("@L@", memory);
  for (const Spread& s : kSpreads) {
    for (const DType t : {DType::f16, DType::f32, DType::i8}) {
      if (form == s.form && matrix_form(s.form)->depth_of(t) > 0)
        add_matrices(helpers, words, s, t);
    }
  }
}

}  // namespace tinycc
