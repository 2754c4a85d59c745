// Operands and attributes of one node; see trace.h.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/onnx/ops.h"
#include "ir/simplify.h"

namespace tinycc::onnx {

Call::Call(Tracer& tracer, const Scope& scope, const proto::Node& node, int64_t version)
    : tracer(tracer), scope(scope), node(node), version(version) {
  for (const std::string& name : node.input()) {
    operands_.push_back(name.empty() ? Expr() : look_up(scope, name));
  }
}

Expr Call::operator[](size_t i) const {
  if (!has(i)) refuse("operand " + std::to_string(i) + " is missing");
  return operands_[i];
}

std::optional<Expr> Call::maybe(size_t i) const {
  return has(i) ? std::optional<Expr>(operands_[i]) : std::nullopt;
}

std::vector<Expr> Call::all() const {
  std::vector<Expr> operands;
  for (size_t i = 0; i < count(); ++i) operands.push_back((*this)[i]);
  if (operands.empty()) refuse("there are no operands");
  return operands;
}

namespace {

const Ints& bounded(const Ints& values) {
  for (int64_t v : values) {
    if (v > kMostElements || v < -kMostElements)
      refuse("the number " + std::to_string(v) + " is absurd");
  }
  return values;
}

[[noreturn]] void refuse_unknown(const proto::Node& node, size_t i) {
  throw Error(ExitCode::unsupported,
              "operand " + std::to_string(i) + " ('" + node.input(static_cast<int>(i)) +
                  "') depends on the model's inputs, and must be known beforehand");
}

}  // namespace

size_t place_of_word(const std::string& what, const std::string& word,
                     const std::vector<std::string>& known) {
  const auto found = std::find(known.begin(), known.end(), word);
  if (found == known.end()) {
    throw Error(ExitCode::unsupported, fmt::format("{} '{}' is not known; these are: {}", what,
                                                   word, fmt::join(known, ", ")));
  }
  return static_cast<size_t>(found - known.begin());
}

TensorData Call::constant(size_t i) const {
  if (auto value = tracer.value_of((*this)[i])) return *value;
  refuse_unknown(node, i);
}

const Outputs& Call::list(size_t i) const {
  const Sequence* s = tracer.sequence((*this)[i]);
  if (s == nullptr) refuse("operand " + std::to_string(i) + " is no sequence");
  if (!s->settled())
    throw Error(ExitCode::unsupported, "only a run knows how many elements the sequence has");
  return s->elements;
}

bool Call::has_strings() const {
  return std::any_of(operands_.begin(), operands_.end(),
                     [&](Expr e) { return e && tracer.cells(e); });
}

bool Call::has_sequences() const {
  return std::any_of(operands_.begin(), operands_.end(),
                     [&](Expr e) { return e && tracer.sequence(e) != nullptr; });
}

Expr Call::cells(size_t i) const {
  if (const Expr cells = tracer.cells((*this)[i])) return cells;
  refuse("operand " + std::to_string(i) + " is no tensor of strings");
}

Ints Call::stated(size_t result, size_t unknown) const {
  const int at = static_cast<int>(result);
  if (wants(result)) {
    if (const auto extents = stated_extents(scope, node.output(at))) return bounded(*extents);
  }
  refuse_unknown(node, unknown);
}

std::vector<Expr> Call::elements(size_t i) const {
  const Expr flat = cast(reshape_to((*this)[i], {-1}), DType::i64);
  std::vector<Expr> scalars;
  for (int64_t k = 0; k < flat->extent(0); ++k) scalars.push_back(pick(flat, 0, k));
  return scalars;
}

std::vector<Expr> Call::lengths(size_t i) const {
  std::vector<Expr> lengths;
  if (const auto value = tracer.value_of((*this)[i])) {
    for (const int64_t n : value->integers())
      lengths.push_back(tinycc::constant_int(tracer.pool(), DType::i64, n));
    return lengths;
  }
  const auto entries = tracer.lengths_of((*this)[i]);
  if (!entries) refuse_unknown(node, i);
  for (Expr e : *entries) lengths.push_back(simplify(cast(e, DType::i64)));
  return lengths;
}

Ints Call::constant_ints(size_t i) const { return bounded(constant(i).integers()); }

const TensorData& Call::single(const TensorData& data) {
  if (data.count() != 1) refuse("a single number is wanted, not " + std::to_string(data.count()));
  return data;
}

const proto::Attribute* Call::find(const std::string& name, int32_t type) const {
  for (const proto::Attribute& a : node.attribute()) {
    if (a.name() != name) continue;
    if (type != 0 && a.has_type() && a.type() != type)
      refuse("attribute '" + name + "' has another type");
    return &a;
  }
  return nullptr;
}

const proto::Attribute& Call::attribute(const std::string& name, int32_t type) const {
  if (const proto::Attribute* a = find(name, type)) return *a;
  refuse("attribute '" + name + "' is missing");
}

int64_t Call::integer(const std::string& name, std::optional<int64_t> otherwise) const {
  if (!has_attribute(name) && otherwise) return *otherwise;
  return bounded({attribute(name, kInt).i()})[0];
}

double Call::real(const std::string& name, std::optional<double> otherwise) const {
  if (!has_attribute(name) && otherwise) return *otherwise;
  return static_cast<double>(attribute(name, kFloat).f());
}

std::string Call::text(const std::string& name, std::optional<std::string> otherwise) const {
  if (!has_attribute(name) && otherwise) return *otherwise;
  return attribute(name, kString).s();
}

std::string Call::choice(const std::string& name, const std::vector<std::string>& known,
                         std::optional<std::string> otherwise) const {
  const std::string word = text(name, otherwise);
  if (word.empty() && otherwise) return *otherwise;
  return known[place_of_word(name, word, known)];
}

Ints Call::ints(const std::string& name, std::optional<Ints> otherwise) const {
  if (!has_attribute(name) && otherwise) return *otherwise;
  const auto& values = attribute(name, kInts).ints();
  return bounded({values.begin(), values.end()});
}

std::vector<double> Call::reals(const std::string& name) const {
  const proto::Attribute* a = find(name, kFloats);
  return a == nullptr ? std::vector<double>()
                      : std::vector<double>(a->floats().begin(), a->floats().end());
}

std::vector<std::string> Call::texts(const std::string& name) const {
  const proto::Attribute* a = find(name, kStrings);
  return a == nullptr ? std::vector<std::string>()
                      : std::vector<std::string>(a->strings().begin(), a->strings().end());
}

std::optional<Ints> Call::ints_or_operand(const std::string& name, size_t i) const {
  if (has(i)) return constant_ints(i);
  return has_attribute(name) ? std::optional<Ints>(ints(name)) : std::nullopt;
}

}  // namespace tinycc::onnx
