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
    {"@M@_F_PUT_WHOLE_@X@",
     "#define @M@_F_PUT_WHOLE_@X@(place, x) (*(@V@ *)(void *)&(place) = (x))\n"},
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

// Of memory that holds f16 or bf16, @H@; lanes are f32.
constexpr HelperRow kHalfRows[] = {
    {"@P@_f_at_@H@", R"(
/* The n elements of @H@ that start at this place, as f32. */
template <int n, typename P>
@D@inline @P@_f_vec<float, n> @P@_f_at_@H@(P place)
{
    @P@_f_vec<float, n> all;

    for (int i = 0; i < n; ++i) {
        all.at[i] = @P@_f_widen_@H@(place[i]);
    }
    return all;
}
)"},
    {"@P@_f_put_@H@", R"(
template <int n, typename P>
@D@inline void @P@_f_put_@H@(P place, @P@_f_vec<float, n> x)
{
    for (int i = 0; i < n; ++i) {
        place[i] = @P@_f_narrow_@H@(x.at[i]);
    }
}
)"},
};

constexpr HelperRow kHalfVectorRows[] = {
    {"@M@_F_AT_@H@x@N@", "#define @M@_F_AT_@H@x@N@(place) @P@_f_at_@H@<@N@>(&(place))\n"},
    {"@M@_F_PUT_@H@x@N@",
     "#define @M@_F_PUT_@H@x@N@(place, x) @P@_f_put_@H@<@N@>(&(place), (x))\n"},
};

constexpr HelperRow kLanesRow[] = {
    {"@M@_F_LANES_@X@",
     "/* The number of each lane. */\n#define @M@_F_LANES_@X@ @P@_f_lanes<@V@>()\n"},
};

// @BOTH@: of x.at[i] and x.at[i + rest].
constexpr HelperRow kAcrossRows[] = {
    {"@P@_f_@name@_@X@", R"(
/* @what@, as a tree. */
static @D@inline @C@ @P@_f_@name@_@X@(const @T@@V@ *lanes)
{
    @V@ x = *lanes;

    for (int rest = @N@ / 2; rest > 0; rest /= 2) {
        for (int i = 0; i < rest; ++i) {
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

Replacements words_of(Replacements with, DType t, int lanes) {
  with.insert(with.end(), {{"@V@", with[0].second + "_f_" + cross(t, lanes)},
                           {"@X@", cross(t, lanes)},
                           {"@C@", std::string(c_type(t))},
                           {"@N@", std::to_string(lanes)}});
  return with;
}

/// Sums and products of integers wrap: through the unsigned type.
std::string combined_text(DType t, const char* op) {
  const std::string a = "x.at[i]", b = "x.at[i + rest]";
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
  const auto of = [](Replacements words, const char* half) {
    words.emplace_back("@H@", half);
    return words;
  };
  for (const char* const half : {"f16", "bf16"}) add_rows(helpers, kHalfRows, of(with, half));
  if (*dialect.barrier != 0) add_group_helpers(helpers, with, dialect);
  constexpr DType kTypes[] = {DType::f32, DType::f64, DType::i8,  DType::u8,  DType::i16,
                              DType::u16, DType::i32, DType::u32, DType::i64, DType::u64};
  for (const int lanes : {2, 4, 8, 16, 32, 64}) {
    for (const DType t : kTypes) add_rows(helpers, kVectorRows, words_of(with, t, lanes));
    for (const DType t : kTypes) add_across(helpers, with, t, lanes);
    for (const char* const half : {"f16", "bf16"})
      add_rows(helpers, kHalfVectorRows, of(words_of(with, DType::f32, lanes), half));
    Replacements numbered = words_of(with, DType::i32, lanes);
    add_rows(helpers, kLanesRow, numbered);
    for (const DType f : {DType::f32, DType::f64}) add_floats(helpers, with, f, lanes);
  }
  mark_functions(helpers, dialect.function);
}

}  // namespace tinycc
