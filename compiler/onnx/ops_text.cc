// Rows of the op table: strings. See ops.h. What only moves elements moves the positions of strings
// in a table of all; the rest is here. Letters' case and blanks are those of ASCII.
#include <algorithm>
#include <set>

#include "compiler/onnx/ops.h"
#include "compiler/onnx/regex.h"
#include "compiler/tensor/text.h"

namespace tinycc::onnx {
namespace {

Expr concat_op(Call& c) { return c.tracer.strings(text_concat(c.cells(0), c.cells(1))); }

Outputs split_op(Call& c) {
  const SplitText all = text_split(c.cells(0), c.text("delimiter", ""), c.integer("maxsplit", -1));
  return {c.tracer.strings(all.cells), all.counts};
}

Expr full_match(Call& c) {
  const Automaton a = automaton_of(c.text("pattern", ""));
  const auto states = static_cast<int64_t>(a.accepts.size());
  const auto table = [&](const Ints& numbers, DType dtype, Ints shape) {
    return c.literal()(TensorData::of_integers(dtype, std::move(shape), numbers));
  };
  return text_matches(c.cells(0), table(a.classes, DType::i64, {256}),
                      table(a.next, DType::i64, {states, a.class_count}),
                      table(a.accepts, DType::boolean, {states}));
}

/// Strings that are no stop words, or one empty string; then in the other case.
Expr normalizer(Call& c) {
  const std::string action = c.choice("case_change_action", {"NONE", "LOWER", "UPPER"}, "NONE");
  const LetterCase letters = action == "LOWER"   ? LetterCase::lower
                             : action == "UPPER" ? LetterCase::upper
                                                 : LetterCase::keep;
  const std::vector<std::string> words = c.texts("stopwords");
  const Expr x = c.cells(0);
  if (x->rank() > 3 || (x->rank() == 3 && x->extent(0) != 1))
    refuse("strings [n] or [1, n] are wanted");
  if (words.empty()) return c.tracer.strings(text_case(x, letters));
  const bool exact = c.integer("is_case_sensitive", 0) != 0;
  const auto like = [&](Expr e) { return exact ? e : text_case(e, LetterCase::lower); };
  const int64_t n = x->extent(x->rank() - 2), width = x->extent(x->rank() - 1);
  const Expr rows = reshape_to(x, {n, width});
  const Expr stops = c.literal()(cells_of(words, {1, static_cast<int64_t>(words.size())}));
  const Expr hit = text_equal(unsqueeze(like(rows), {1}), like(stops));
  Expr kept = logical_not(max_over(hit, {1}));
  const Expr none = eq(sum(cast(kept, DType::i64), {0}, true), 0);
  const Expr all =
      kept_rows(join({rows, constant(c.pool(), DType::u8, 0, {Dim(1), Dim(width)})}, 0),
                join({kept, none}, 0), 0);
  return c.tracer.strings(text_case(x->rank() == 3 ? unsqueeze(all, {0}) : all, letters));
}

const OpRow kRows[] = {
    {"RegexFullMatch", 20, full_match},
    {"StringConcat", 20, concat_op},
    {"StringNormalizer", 10, normalizer},
    {"StringSplit", 20, split_op},
};

const OpRow kOnStrings[] = {
    {"Equal", 19, [](Call& c) { return text_equal(c.cells(0), c.cells(1)); }},
    {"Identity", 1, [](Call& c) { return c[0]; }},
    {"CategoryMapper", 1, category_mapper, "ai.onnx.ml"},
    {"LabelEncoder", 2, label_encoder, "ai.onnx.ml"},
};

}  // namespace

std::span<const OpRow> text_ops() { return kRows; }

const OpRow* find_op_on_strings(const std::string& name) {
  for (const std::span<const OpRow> rows :
       {std::span<const OpRow>(kRows), std::span<const OpRow>(kOnStrings)}) {
    for (const OpRow& row : rows) {
      if (row.name == name) return &row;
    }
  }
  return nullptr;
}

bool moves_elements(const std::string& name) {
  static const std::set<std::string> moves = {
      "Compress",  "Concat",  "DepthToSpace",    "Expand",
      "Flatten",   "Gather",  "GatherElements",  "GatherND",
      "OneHot",    "Reshape", "ReverseSequence", "ScatterElements",
      "ScatterND", "Slice",   "SpaceToDepth",    "Split",
      "Squeeze",   "Tile",    "Transpose",       "Unsqueeze",
      "Where"};
  return moves.count(name) > 0;
}

}  // namespace tinycc::onnx
