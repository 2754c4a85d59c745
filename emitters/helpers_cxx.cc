// Vectors for languages that are C++: CUDA, HIP, Metal. The same names as those of GNU C
// (helpers_vector.cc), on a struct whose loops a compiler for devices unrolls into registers. One text
// for all three, and for the emulator on a CPU.
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"

namespace tinycc {
namespace {

// @D@: what a function of the device starts with; @T@: what a pointer to a local variable does.
constexpr HelperRow kVec[] = {
    {"@P@_f_vec", R"(
/* n lanes. Comparisons give masks: 0 or -1 in integers of the lanes' size. */
template <typename T, int n>
struct alignas((sizeof(T) * n == 16) ? 16 : sizeof(T)) @P@_f_vec {
    typedef T type;
    T at[n];
};

template <typename T>
struct @P@_f_same {
    typedef T type;
};

template <int bytes>
struct @P@_f_mask {
    typedef int8_t type;
};

template <>
struct @P@_f_mask<2> {
    typedef int16_t type;
};

template <>
struct @P@_f_mask<4> {
    typedef int32_t type;
};

template <>
struct @P@_f_mask<8> {
    typedef int64_t type;
};

template <typename V, typename T>
@D@inline V @P@_f_splat(T x)
{
    V all;

    for (int i = 0; i < (int)(sizeof all.at / sizeof all.at[0]); ++i) {
        all.at[i] = x;
    }
    return all;
}

template <typename V, typename P>
@D@inline V @P@_f_at(P place)
{
    V all;

    for (int i = 0; i < (int)(sizeof all.at / sizeof all.at[0]); ++i) {
        all.at[i] = place[i];
    }
    return all;
}

template <typename P, typename T, int n>
@D@inline void @P@_f_put(P place, @P@_f_vec<T, n> x)
{
    for (int i = 0; i < n; ++i) {
        place[i] = x.at[i];
    }
}

template <typename V, typename T, int n>
@D@inline V @P@_f_to(@P@_f_vec<T, n> x)
{
    V all;

    for (int i = 0; i < n; ++i) {
        all.at[i] = (typename V::type)x.at[i];
    }
    return all;
}

template <typename V, typename W>
@D@inline V @P@_f_as(W x)
{
    union {
        W from;
        V to;
    } bits;

    bits.from = x;
    return bits.to;
}

template <typename M, typename T, int n>
@D@inline @P@_f_vec<T, n> @P@_f_select(@P@_f_vec<M, n> mask, @P@_f_vec<T, n> a, @P@_f_vec<T, n> b)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = (mask.at[i] != 0) ? a.at[i] : b.at[i];
    }
    return a;
}

template <typename V>
@D@inline V @P@_f_lanes()
{
    V all;

    for (int i = 0; i < (int)(sizeof all.at / sizeof all.at[0]); ++i) {
        all.at[i] = i;
    }
    return all;
}

/* clang-format off */
#define @M@_F_OPERATOR(op) \
    template <typename T, int n> \
    @D@inline @P@_f_vec<T, n> operator op(@P@_f_vec<T, n> a, @P@_f_vec<T, n> b) \
    { \
        for (int i = 0; i < n; ++i) { \
            a.at[i] = (T)(a.at[i] op b.at[i]); \
        } \
        return a; \
    } \
    template <typename T, int n> \
    @D@inline @P@_f_vec<T, n> operator op(@P@_f_vec<T, n> a, typename @P@_f_same<T>::type b) \
    { \
        for (int i = 0; i < n; ++i) { \
            a.at[i] = (T)(a.at[i] op b); \
        } \
        return a; \
    } \
    template <typename T, int n> \
    @D@inline @P@_f_vec<T, n> operator op(typename @P@_f_same<T>::type a, @P@_f_vec<T, n> b) \
    { \
        for (int i = 0; i < n; ++i) { \
            b.at[i] = (T)(a op b.at[i]); \
        } \
        return b; \
    }

@M@_F_OPERATOR(+)
@M@_F_OPERATOR(-)
@M@_F_OPERATOR(*)
@M@_F_OPERATOR(/)
@M@_F_OPERATOR(&)
@M@_F_OPERATOR(|)
@M@_F_OPERATOR(^)

#define @M@_F_COMPARISON(op) \
    template <typename T, int n> \
    @D@inline @P@_f_vec<typename @P@_f_mask<sizeof(T)>::type, n> operator op( \
        @P@_f_vec<T, n> a, @P@_f_vec<T, n> b) \
    { \
        @P@_f_vec<typename @P@_f_mask<sizeof(T)>::type, n> mask; \
        for (int i = 0; i < n; ++i) { \
            mask.at[i] = (a.at[i] op b.at[i]) ? -1 : 0; \
        } \
        return mask; \
    }

@M@_F_COMPARISON(<)
@M@_F_COMPARISON(==)
@M@_F_COMPARISON(!=)
/* clang-format on */

template <typename T, int n>
@D@inline @P@_f_vec<T, n> operator-(@P@_f_vec<T, n> a)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = (T)-a.at[i];
    }
    return a;
}

template <typename T, int n>
@D@inline @P@_f_vec<T, n> operator<<(@P@_f_vec<T, n> a, int bits)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = (T)(a.at[i] << bits);
    }
    return a;
}

template <typename T, int n>
@D@inline @P@_f_vec<T, n> operator>>(@P@_f_vec<T, n> a, int bits)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = (T)(a.at[i] >> bits);
    }
    return a;
}

template <typename T, int n>
@D@inline void operator+=(@T@@P@_f_vec<T, n> &a, @P@_f_vec<T, n> b)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = a.at[i] + b.at[i];
    }
}

template <typename T, int n>
@D@inline void operator+=(@T@@P@_f_vec<T, n> &a, typename @P@_f_same<T>::type b)
{
    for (int i = 0; i < n; ++i) {
        a.at[i] = a.at[i] + b;
    }
}
)"},
};

constexpr HelperRow kVectorRows[] = {
    {"@V@", "typedef @P@_f_vec<@C@, @N@> @V@;\n"},
    {"@M@_F_AT_@X@",
     "/* The @N@ elements that start at this place. */\n"
     "#define @M@_F_AT_@X@(place) @P@_f_at<@V@>(&(place))\n"},
    {"@M@_F_PUT_@X@", "#define @M@_F_PUT_@X@(place, x) @P@_f_put(&(place), (x))\n"},
    {"@M@_F_WHOLE_@X@",
     "/* The same, which are 16 bytes at a multiple of that. */\n"
     "#define @M@_F_WHOLE_@X@(place) (*(const @V@ *)(const void *)&(place))\n"},
    {"@M@_F_PUT_WHOLE_@X@", "#define @M@_F_PUT_WHOLE_@X@(place, x) (*(@V@ *)(void *)&(place) = (x))\n"},
    {"@M@_F_SPLAT_@X@",
     "/* x in all lanes. */\n"
     "#define @M@_F_SPLAT_@X@(x) @P@_f_splat<@V@, @C@>((@C@)(x))\n"},
    {"@M@_F_TO_@X@",
     "/* Each lane converted. */\n"
     "#define @M@_F_TO_@X@(x) @P@_f_to<@V@>(x)\n"},
    {"@M@_F_AS_@X@", "#define @M@_F_AS_@X@(x) @P@_f_as<@V@>(x)\n"},
    {"@M@_F_LANE_@X@", "#define @M@_F_LANE_@X@(x, lane) ((x).at[lane])\n"},
    {"@M@_F_SET_@X@", "#define @M@_F_SET_@X@(x, lane) ((x).at[lane])\n"},
    {"@M@_F_SELECT_@X@",
     "/* Lane by lane: a where the mask is set, else b. */\n"
     "#define @M@_F_SELECT_@X@(mask, a, b) @P@_f_select((mask), (a), (b))\n"},
    {"@M@_F_MAX_@X@",
     "/* a < b ? b : a, lane by lane: a NaN in a passes. */\n"
     "#define @M@_F_MAX_@X@(a, b) @M@_F_SELECT_@X@((a) < (b), (b), (a))\n"},
    {"@M@_F_MIN_@X@", "#define @M@_F_MIN_@X@(a, b) @M@_F_SELECT_@X@((b) < (a), (b), (a))\n"},
};

// Of memory that holds f16; lanes are f32.
constexpr HelperRow kHalfRows[] = {
    {"@P@_f_at_half", R"(
/* The n elements of f16 that start at this place, as f32. */
template <int n, typename P>
@D@inline @P@_f_vec<float, n> @P@_f_at_half(P place)
{
    @P@_f_vec<float, n> all;

    for (int i = 0; i < n; ++i) {
        all.at[i] = @P@_f_widen_f16(place[i]);
    }
    return all;
}
)"},
    {"@P@_f_put_half", R"(
template <int n, typename P>
@D@inline void @P@_f_put_half(P place, @P@_f_vec<float, n> x)
{
    for (int i = 0; i < n; ++i) {
        place[i] = @P@_f_narrow_f16(x.at[i]);
    }
}
)"},
};

constexpr HelperRow kHalfVectorRows[] = {
    {"@M@_F_AT_f16x@N@", "#define @M@_F_AT_f16x@N@(place) @P@_f_at_half<@N@>(&(place))\n"},
    {"@M@_F_PUT_f16x@N@",
     "#define @M@_F_PUT_f16x@N@(place, x) @P@_f_put_half<@N@>(&(place), (x))\n"},
};

constexpr HelperRow kLanesRow[] = {
    {"@M@_F_LANES_@X@",
     "/* The number of each lane. */\n#define @M@_F_LANES_@X@ @P@_f_lanes<@V@>()\n"},
};

// @BOTH@: of x.at[i] and x.at[i + half].
constexpr HelperRow kAcrossRows[] = {
    {"@P@_f_@name@_@X@", R"(
/* @what@, as a tree. */
static @D@inline @C@ @P@_f_@name@_@X@(const @T@@V@ *lanes)
{
    @V@ x = *lanes;

    for (int half = @N@ / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; ++i) {
            x.at[i] = @BOTH@;
        }
    }
    return x.at[0];
}
)"},
};

constexpr HelperRow kFloatRows[] = {
    {"@P@_f_@name@_@X@", R"(
static @D@inline void @P@_f_@name@_@X@(@T@@V@ *x)
{
    for (int i = 0; i < @N@; ++i) {
        x->at[i] = @P@_f_@name@_@t@(x->at[i]);
    }
}
)"},
};

constexpr HelperRow kCastRows[] = {
    {"@P@_f_cast_@f@_@X@", R"(
/* x towards zero; beyond the ends the nearest end, NaN gives 0. */
static @D@inline void @P@_f_cast_@f@_@X@(const @T@@P@_f_vec<@F@, @N@> *x, @T@@V@ *whole)
{
    for (int i = 0; i < @N@; ++i) {
        whole->at[i] = @P@_f_cast_@f@_@i@(x->at[i]);
    }
}
)"},
};

// @e@: what the language's function of one float ends with.
constexpr HelperRow kScalarRows[] = {
    {"@P@_f_exp_f32", "#define @P@_f_exp_f32(x) exp@e@((float)(x))\n"},
    {"@P@_f_log_f32", "#define @P@_f_log_f32(x) log@e@((float)(x))\n"},
    {"@P@_f_sin_f32", "#define @P@_f_sin_f32(x) sin@e@((float)(x))\n"},
    {"@P@_f_sqrt_f32", "#define @P@_f_sqrt_f32(x) sqrt@e@((float)(x))\n"},
    {"@P@_f_trunc_f32", "#define @P@_f_trunc_f32(x) trunc@e@((float)(x))\n"},
};

// Of work-groups. What is in #ifdef is for NVIDIA's GPUs (PTX ISA: cp.async, ldmatrix, mma.sync); the rest
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
    {"@P@_f_rows_f16", R"(
/* A matrix of 16 rows and 16 columns, of which each item of a warp holds 8 elements. */
typedef struct {
#ifdef __CUDA_ARCH__
    uint32_t at[4];
#else
    const uint16_t *first;
    int32_t down, right;
#endif
} @P@_f_rows_f16;
)"},
    {"@P@_f_columns_f16", R"(
/* A matrix of 16 rows and 8 columns, of which each item of a warp holds 4 elements. */
typedef struct {
#ifdef __CUDA_ARCH__
    uint32_t at[2];
#else
    const uint16_t *first;
    int32_t down, right;
#endif
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
    (void)lane;
    all.first = place;
    all.down = step;
    all.right = 1;
#endif
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
    (void)lane;
    all.first = place;
    all.down = 1;
    all.right = step;
#endif
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
    (void)lane;
    all.first = place;
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
    @P@_f_columns_f16 all;

#ifdef __CUDA_ARCH__
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(all.at[0]), "=r"(all.at[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(&place[(lane % 16) * step]))
                 : "memory");
#else
    (void)lane;
    all.first = place;
    all.down = step;
    all.right = 1;
#endif
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
    for (int32_t part = 0; part < 4; ++part) {
        const int32_t y = ((lane % 32) / 4) + (part / 2 * 8);
        const int32_t x = ((lane % 4) * 2) + (part % 2);

        for (int32_t k = 0; k < 16; ++k) {
            sum[part] += @P@_f_widen_f16(rows.first[(y * rows.down) + (k * rows.right)]) *
                         @P@_f_widen_f16(columns.first[(k * columns.down) + (x * columns.right)]);
        }
    }
#endif
}
)"},
};

/// What NVIDIA's instructions do in place of the arithmetic on bits.
struct Instruction {
  const char *function, *type, *number, *text;
};
constexpr Instruction kInstructions[] = {
    {"_f_widen_f16", "float", "value", R"(asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"((uint16_t)bits));)"},
    {"_f_narrow_f16", "uint16_t", "value", R"(asm("cvt.rn.f16.f32 %0, %1;" : "=h"(value) : "f"(x));)"},
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

Replacements words_of(Replacements with, DType t, int lanes) {
  with.insert(with.end(), {{"@V@", with[0].second + "_f_" + cross(t, lanes)},
                           {"@X@", cross(t, lanes)},
                           {"@C@", std::string(c_type(t))},
                           {"@N@", std::to_string(lanes)}});
  return with;
}

/// Sums and products of integers wrap: through the unsigned type.
std::string combined_text(DType t, const char* op) {
  const std::string a = "x.at[i]", b = "x.at[i + half]";
  if (*op == '<') return fmt::format("({0} < {1}) ? {1} : {0}", a, b);
  if (is_float(t)) return fmt::format("{} {} {}", a, op, b);
  const char* const wide = bits_of(t) == 64 ? "uint64_t" : "uint32_t";
  return fmt::format("({0})(({1}){2} {3} ({1}){4})", c_type(t), wide, a, op, b);
}

void add_across(std::vector<HelperText>& helpers, const Replacements& with, DType t, int lanes) {
  const struct {
    const char *name, *what, *op;
  } rows[] = {{"sum", "The sum of all lanes", "+"},
              {"product", "The product of all lanes", "*"},
              {"largest", "The largest lane", "<"}};
  for (const auto& row : rows) {
    Replacements words = words_of(with, t, lanes);
    words.insert(
        words.end(),
        {{"@name@", row.name}, {"@what@", row.what}, {"@BOTH@", combined_text(t, row.op)}});
    add_rows(helpers, kAcrossRows, words);
  }
}

void add_floats(std::vector<HelperText>& helpers, const Replacements& with, DType f, int lanes) {
  for (const char* name : {"sqrt", "trunc", "exp", "log", "sin"}) {
    Replacements words = words_of(with, f, lanes);
    words.insert(words.end(), {{"@name@", name}, {"@t@", std::string(name_of(f))}});
    add_rows(helpers, kFloatRows, words);
  }
  for (const DType i : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32}) {
    Replacements words = words_of(with, i, lanes);
    words.insert(words.end(), {{"@f@", std::string(name_of(f))},
                               {"@F@", std::string(c_type(f))},
                               {"@i@", std::string(name_of(i))}});
    add_rows(helpers, kCastRows, words);
  }
}

/// Functions of a device say so.
void mark_functions(std::vector<HelperText>& helpers, const std::string& mark) {
  for (HelperText& h : helpers) {
    for (size_t at = 0; !mark.empty() && (at = h.text.find("static ", at)) != std::string::npos;) {
      const bool starts = at == 0 || h.text[at - 1] == '\n';
      if (starts && h.text.compare(at + 7, mark.size(), mark) != 0) h.text.insert(at + 7, mark);
      at += 7;
    }
  }
}

}  // namespace

void use_cxx_functions(std::vector<HelperText>& helpers, Replacements with,
                       const Dialect& dialect) {
  with.insert(with.end(), {{"@D@", dialect.function}, {"@T@", dialect.local}});
  with.emplace_back("@e@", dialect.float_suffix);
  std::vector<HelperText> own{{with[1].second + "_F_GUARDED", "\n"}};
  add_rows(own, kScalarRows, with);
  replace_helpers(helpers, own);
  add_rows(helpers, kVec, with);
  add_rows(helpers, kHalfRows, with);
  if (*dialect.barrier != 0) add_rows(helpers, kGroupRows, with);
  if (*dialect.barrier != 0) use_instructions(helpers, with[0].second);
  constexpr DType kTypes[] = {DType::f32, DType::f64, DType::i8,  DType::u8,  DType::i16,
                              DType::u16, DType::i32, DType::u32, DType::i64, DType::u64};
  for (const int lanes : {2, 4, 8, 16, 32, 64}) {
    for (const DType t : kTypes) add_rows(helpers, kVectorRows, words_of(with, t, lanes));
    for (const DType t : kTypes) add_across(helpers, with, t, lanes);
    add_rows(helpers, kHalfVectorRows, words_of(with, DType::f32, lanes));
    Replacements numbered = words_of(with, DType::i32, lanes);
    add_rows(helpers, kLanesRow, numbered);
    for (const DType f : {DType::f32, DType::f64}) add_floats(helpers, with, f, lanes);
  }
  mark_functions(helpers, dialect.function);
}

}  // namespace tinycc
