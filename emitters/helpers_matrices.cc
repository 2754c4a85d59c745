// Matrices that a warp multiplies (ir/groups.h), for CUDA, HIP and Metal, and those that an item multiplies by
// itself. What is in #ifdef is for the device; the rest is right everywhere, also where the items of a group
// take turns on a CPU: a matrix is then a place in shared memory.
#include "emitters/matrices.h"

namespace tinycc {
namespace {

// @HEAD@, @FROM@: how the language writes a function on shared memory; @SUM@: a pointer to an item's sums.
constexpr HelperRow kTypes[] = {
    {"@P@_f_rows_@t@", R"(
/* A matrix of @ROWS@ rows and @DEPTH@ columns, of which each item of a warp holds a part. */
typedef struct @P@_f_rows_@t@ {
#if @DEVICE@
@HELD_ROWS@#else
    const @C@ *first;
    int32_t down, right;
#endif
} @P@_f_rows_@t@;
)"},
    {"@P@_f_columns_@t@", R"(
/* The same of @DEPTH@ rows and @COLUMNS@ columns. */
typedef struct @P@_f_columns_@t@ {
#if @DEVICE@
@HELD_COLUMNS@#else
    const @C@ *first;
    int32_t down, right;
#endif
} @P@_f_columns_@t@;
)"},
};
// @SIDE@: rows or columns; @WAY@: at or turned; @APART@: what is `step` elements apart.
constexpr HelperRow kReads[] = {
    {"@P@_f_@SIDE@_@t@_@WAY@", R"(
/* From shared memory, where @APART@ are `step` elements apart. */
@HEAD@static @D@inline @P@_f_@SIDE@_@t@ @P@_f_@SIDE@_@t@_@WAY@(@FROM@place, int32_t step,
                                                               int32_t lane)
{
    @P@_f_@SIDE@_@t@ all;

#if @DEVICE@
@READ@#else
    (void)lane;
    all.first = place;
    all.down = @DOWN@;
    all.right = @RIGHT@;
#endif
    return all;
}
)"},
};
constexpr HelperRow kProduct[] = {
    {"@P@_f_multiply_@t@", R"(
/* sum += rows * columns by a warp. @SPREAD@ */
static @D@inline void @P@_f_multiply_@t@(@SUM@ *sum, @P@_f_rows_@t@ rows, @P@_f_columns_@t@ columns,
                                         int32_t lane)
{
#if @DEVICE@
@MULTIPLY@#else
    for (int32_t part = 0; part < @PARTS@; ++part) {
        const int32_t y = @ROW@;
        const int32_t x = @COLUMN@;

        for (int32_t k = 0; k < @DEPTH@; ++k) {
            sum[part] += @WIDEN@(rows.first[(y * rows.down) + (k * rows.right)]) *
                         @WIDEN@(columns.first[(k * columns.down) + (x * columns.right)]);
        }
    }
#endif
}
)"},
};

constexpr HelperRow kRounded[] = {
    {"@P@_f_round_tf32", R"(
/* The nearest number with ten bits behind the point, away from zero where two are. */
static @D@inline float @P@_f_round_tf32(float x)
{
    union {
        float number;
        uint32_t bits;
    } value;

    value.number = x;
    if ((value.bits & 0x7F800000u) != 0x7F800000u) {
        value.bits = (value.bits + 0x1000u) & 0xFFFFE000u;
    }
    return value.number;
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

/// Where the parts of an item stand in the product, in C.
struct Spread {
  const char *form, *row, *column;
};
constexpr const char *kMmaRow = "((lane % 32) / 4) + (part / 2 * 8)",
                     *kMmaColumn = "((lane % 4) * 2) + (part % 2)";
constexpr Spread kSpreads[] = {
    {"mma", kMmaRow, kMmaColumn},
    {"mma75", kMmaRow, kMmaColumn},
    {"mfma", "((lane % 64) / 16 * 4) + part", "lane % 16"},
    {"wmma11", "(part * 2) + ((lane % 32) / 16)", "lane % 16"},
    {"wmma12", "((lane % 32) / 16 * 8) + part", "lane % 16"},
    {"simdgroup", "((lane % 32) / 16 * 4) + (lane % 8 / 2) + (part / 2 * 8)",
     "((lane % 16) / 8 * 4) + (lane % 2 * 2) + (part % 2)"},
};

MatrixTexts texts_of(std::string_view form, DType dtype) {
  if (form == "simdgroup") return apple_texts(dtype);
  return form.starts_with("mma") ? mma_texts(dtype) : amd_texts(form, dtype);
}

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

/// Of one type of elements.
void add_matrices(std::vector<HelperText>& helpers, const Replacements& with,
                  const MatrixForm& form, const MatrixForm::Operand& o, const Spread& s) {
  const MatrixTexts m = texts_of(s.form, o.dtype);
  const bool metal = form.name == "simdgroup";
  Replacements words{{"@WIDEN@", widened(o)},
                     {"@HELD_ROWS@", m.rows},
                     {"@HELD_COLUMNS@", m.columns},
                     {"@MULTIPLY@", m.multiply},
                     {"@SPREAD@", m.spread},
                     {"@DEVICE@", m.device},
                     {"@HEAD@", metal ? "template <typename P>\n" : ""},
                     {"@FROM@", metal ? "P " : "const @C@ *"},
                     {"@SUM@", metal               ? "@T@float"
                               : is_float(o.dtype) ? "float"
                                                   : "int32_t"}};
  words.insert(words.end(), m.words.begin(), m.words.end());
  words.insert(words.end(), with.begin(), with.end());
  words.insert(words.end(), {{"@ROW@", s.row},
                             {"@COLUMN@", s.column},
                             {"@ROWS@", std::to_string(form.rows)},
                             {"@COLUMNS@", std::to_string(form.columns)},
                             {"@PARTS@", std::to_string(form.parts)},
                             {"@DEPTH@", std::to_string(o.depth)},
                             {"@t@", std::string(name_of(o.dtype))},
                             {"@C@", std::string(c_type(o.dtype))},
                             {"@S@", is_float(o.dtype) ? "float" : "int32_t"}});
  if (o.rounds) add_rows(helpers, kRounded, words);
  add_rows(helpers, kTypes, words);
  const struct {
    const char *side, *way, *apart, *down, *right;
    const std::string& read;
  } reads[] = {{"rows", "at", "rows", "step", "1", m.rows_at},
               {"rows", "turned", "columns", "1", "step", m.rows_turned},
               {"columns", "at", "columns", "1", "step", m.columns_at},
               {"columns", "turned", "rows", "step", "1", m.columns_turned}};
  for (const auto& [side, way, apart, down, right, read] : reads) {
    Replacements own{{"@READ@", read},   {"@SIDE@", side}, {"@WAY@", way},
                     {"@APART@", apart}, {"@DOWN@", down}, {"@RIGHT@", right}};
    own.insert(own.end(), words.begin(), words.end());
    add_rows(helpers, kReads, own);
  }
  add_rows(helpers, kProduct, words);
}

}  // namespace

void add_matrix_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                        const std::string& form, const std::string& memory) {
  if (form == "dot") {
    Replacements words = with;
    words.emplace_back("@L@", memory);
    return add_rows(helpers, kDotRows, words);
  }
  for (const Spread& s : kSpreads) {
    if (form != s.form) continue;
    for (const MatrixForm::Operand& o : matrix_form(form)->operands) {
      if (o.depth > 0) add_matrices(helpers, with, *matrix_form(form), o, s);
    }
  }
}

}  // namespace tinycc
