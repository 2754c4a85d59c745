// Products: each is one reduce_add over the product of two tensors spread over all axes, the form
// that scheduling recognises: reduce_add(expand(a) * expand(b), {k}). See tensor.h.
#include <algorithm>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// One operand's axes by letter, and all letters in order of appearance.
struct Term {
  std::string axes;
  Expr value;
};

/// The text between the commas, without spaces; "..." becomes letters that nobody else uses,
/// as many as the operand has axes left ('0' is the last of them).
std::string expanded(const std::string& subscripts, int64_t rank) {
  const size_t dots = subscripts.find("...");
  if (dots == std::string::npos) return subscripts;
  const int64_t named = static_cast<int64_t>(subscripts.size()) - 3;
  std::string letters;
  for (int64_t i = rank - named; i > 0; --i) letters += static_cast<char>('0' + i - 1);
  return subscripts.substr(0, dots) + letters + subscripts.substr(dots + 3);
}

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else if (c != ' ')
      parts.back() += c;
  }
  return parts;
}

/// "ii" → the diagonal "i".
Term without_repeats(Term term) {
  for (size_t i = 0; i < term.axes.size(); ++i) {
    const size_t again = term.axes.find(term.axes[i], i + 1);
    if (again == std::string::npos) continue;
    const auto a = static_cast<int64_t>(i), b = static_cast<int64_t>(again);
    if (term.value->extent(a) != term.value->extent(b)) refuse("einsum: a diagonal of a rectangle");
    const Shape one(term.value->shape.begin(), term.value->shape.end());
    Shape index_shape = one;
    index_shape[again] = Dim(1);
    const Expr index = iota(*term.value->pool, index_shape, a);
    term.value = squeeze(gather_elements(term.value, index, b), {b});
    term.axes.erase(again, 1);
    return without_repeats(term);
  }
  return term;
}

/// The operand with one axis for each letter of `order`; letters that it lacks have extent 1.
Expr arranged(const Term& term, const std::string& order) {
  Ints places;
  Shape shape;
  for (char letter : order) {
    const size_t at = term.axes.find(letter);
    shape.push_back(at == std::string::npos ? Dim(1) : term.value->shape[at]);
    if (at != std::string::npos) places.push_back(static_cast<int64_t>(at));
  }
  return reshape(permute(term.value, places), shape);
}

/// a * b, summed over the letters that are not in `needed`.
Term contracted(const Term& a, const Term& b, const std::string& needed) {
  std::string kept, summed;
  for (char letter : a.axes + b.axes) {
    std::string& group = needed.find(letter) == std::string::npos ? summed : kept;
    if (group.find(letter) == std::string::npos) group += letter;
  }
  const auto rank = static_cast<int64_t>(kept.size());
  Ints axes = iota_ints(static_cast<int64_t>(summed.size()));
  for (int64_t& axis : axes) axis += rank;
  const Expr left = widened(arranged(a, kept + summed)),
             right = widened(arranged(b, kept + summed));
  return {kept, cast(sum(mul(left, right), axes), a.value->dtype)};
}

/// Without an arrow: every letter that appears once, in alphabetical order, after the dots.
std::string implied_output(const std::vector<std::string>& inputs) {
  std::string all, output;
  for (const std::string& s : inputs) all += s;
  std::string sorted = all;
  std::sort(sorted.begin(), sorted.end());
  for (char c : sorted) {
    if (c != '.' && std::count(all.begin(), all.end(), c) == 1) output += c;
  }
  return (all.find('.') == std::string::npos ? "" : "...") + output;
}

std::vector<Term> read_terms(const std::vector<std::string>& subscripts,
                             const std::vector<Expr>& xs) {
  if (subscripts.size() != xs.size()) refuse("einsum: the equation has another number of operands");
  std::vector<Term> terms;
  for (size_t i = 0; i < xs.size(); ++i) {
    Term term{expanded(subscripts[i], xs[i]->rank()), xs[i]};
    if (static_cast<int64_t>(term.axes.size()) != xs[i]->rank()) {
      refuse("einsum: '" + subscripts[i] + "' does not fit shape " + text_of(xs[i]->shape));
    }
    terms.push_back(without_repeats(term));
  }
  return terms;
}

}  // namespace

Expr matmul(Expr a, Expr b) {
  if (a->rank() == 0 || b->rank() == 0) refuse("matmul wants no scalars");
  const bool row = a->rank() == 1, column = b->rank() == 1;
  if (row) a = unsqueeze(a, {0});
  if (column) b = unsqueeze(b, {1});
  if (a->dim(a->rank() - 1) != b->dim(b->rank() - 2)) {
    refuse("cannot multiply " + text_of(a->shape) + " by " + text_of(b->shape));
  }
  const DType dtype = promoted(a->dtype, b->dtype);
  const Expr left = unsqueeze(widened(cast(a, dtype)), {-2});
  const Expr right = unsqueeze(move_axis(widened(cast(b, dtype)), -1, -2), {-3});
  Expr result = cast(sum(mul(left, right), {-1}), dtype);
  if (column) result = squeeze(result, {-1});
  return row ? squeeze(result, {column ? -1 : -2}) : result;
}

Expr einsum(const std::string& equation, std::vector<Expr> operands) {
  const size_t arrow = equation.find("->");
  const std::vector<std::string> inputs = split_text(equation.substr(0, arrow), ',');
  const std::string output = arrow == std::string::npos
                                 ? implied_output(inputs)
                                 : split_text(equation.substr(arrow + 2), ',')[0];
  std::vector<Term> terms = read_terms(inputs, operands);
  int64_t dots = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].find("...") == std::string::npos) continue;
    dots = std::max(dots, operands[i]->rank() - static_cast<int64_t>(inputs[i].size()) + 3);
  }
  const std::string wanted = expanded(output, dots + static_cast<int64_t>(output.size()) - 3);
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) {
    std::string needed = wanted;
    for (size_t j = i + 1; j < terms.size(); ++j) needed += terms[j].axes;
    result = contracted(result, terms[i], needed);
  }
  Ints summed;
  std::string left;
  for (size_t i = 0; i < result.axes.size(); ++i) {
    if (wanted.find(result.axes[i]) == std::string::npos)
      summed.push_back(static_cast<int64_t>(i));
    else
      left += result.axes[i];
  }
  for (char letter : wanted) {
    if (left.find(letter) == std::string::npos) refuse("einsum: the output names an unknown axis");
  }
  return arranged({left, sum(result.value, summed)}, wanted);
}

}  // namespace tinycc
