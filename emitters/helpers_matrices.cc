// Matrices that a warp multiplies (ir/groups.h), for CUDA, HIP and Metal: what those of all makers have in
// common, and those that an item multiplies by itself. What is in #ifdef is for the device; the rest is
// right everywhere, also where the items of a group take turns on a CPU: a matrix is then a place in
// shared memory.
#include "emitters/matrices.h"

namespace tinycc {
namespace {

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

        for (int32_t k = 0; k < @DEPTH@; ++k) {
            sum[part] += @WIDEN@(rows.first[(y * rows.down) + (k * rows.right)]) *
                         @WIDEN@(columns.first[(k * columns.down) + (x * columns.right)]);
        }
    }
)";

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

/// How each form spreads its sums over a warp.
struct Spread {
  const char *form, *row, *column, *row_words, *parts;
  void (*add)(std::vector<HelperText>& helpers, const MatrixWords& words, DType dtype);
};

void add_dots(std::vector<HelperText>& helpers, const MatrixWords& words, DType /*dtype*/) {
  add_rows(helpers, kDotRows, words.all);
}

constexpr const char *kMmaRow = "((lane % 32) / 4) + (part / 2 * 8)",
                     *kMmaColumn = "((lane % 4) * 2) + (part % 2)";
constexpr Spread kSpreads[] = {
    {"mma", kMmaRow, kMmaColumn, "", "4", add_mma_matrices},
    {"mma75", kMmaRow, kMmaColumn, "", "4", add_mma_matrices},
    {"mfma", "((lane % 64) / 16 * 4) + part", "lane % 16", "l%64/16*4 + p", "4", add_amd_matrices},
    {"wmma11", "(part * 2) + ((lane % 32) / 16)", "lane % 16", "p*2 + l%32/16", "8",
     add_amd_matrices},
    {"wmma12", "((lane % 32) / 16 * 8) + part", "lane % 16", "l%32/16*8 + p", "8",
     add_amd_matrices},
    {"dot", "", "", "", "", add_dots},
    {"simdgroup", "((lane % 32) / 16 * 4) + (lane % 8 / 2) + (part / 2 * 8)",
     "((lane % 16) / 8 * 4) + (lane % 2 * 2) + (part % 2)", "", "4", add_apple_matrices},
};

/// What an operand is before it is multiplied, where there is no instruction.
const char* widened(const MatrixForm::Operand& o) {
  if (o.rounds) return "@P@_f_round_tf32";
  switch (o.dtype) {
    case DType::f16: return "@P@_f_widen_f16";
    case DType::bf16: return "@P@_f_widen_bf16";
    case DType::i8: return "(int32_t)";
    default: return "";
  }
}

}  // namespace

void add_matrix_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                        const std::string& form, const std::string& memory) {
  for (const Spread& s : kSpreads) {
    if (form != s.form) continue;
    for (const MatrixForm::Operand& o : matrix_form(form)->operands) {
      if (o.depth == 0) continue;
      MatrixWords words{form, with};
      words.all.insert(words.all.begin(), {{"@PLACE@", kPlace},
                                           {"@STEPS_DOWN@", kStepsDown},
                                           {"@STEPS_RIGHT@", kStepsRight},
                                           {"@PRODUCTS@", kProducts},
                                           {"@WIDEN@", widened(o)}});
      words.all.insert(words.all.end(), {{"@L@", memory},
                                         {"@ROW@", s.row},
                                         {"@COLUMN@", s.column},
                                         {"@ROW_WORDS@", s.row_words},
                                         {"@PARTS@", s.parts},
                                         {"@DEPTH@", std::to_string(o.depth)},
                                         {"@t@", std::string(name_of(o.dtype))},
                                         {"@C@", std::string(c_type(o.dtype))},
                                         {"@S@", is_float(o.dtype) ? "float" : "int32_t"}});
      s.add(helpers, words, o.dtype);
    }
  }
}

}  // namespace tinycc
