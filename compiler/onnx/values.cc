// See values.h. The ports that sequences, optional values and strings of the model become.
#include "compiler/onnx/values.h"

#include <algorithm>

#include "compiler/onnx/ops.h"
#include "compiler/tensor/text.h"

namespace tinycc::onnx {

namespace {

constexpr int32_t kStringType = 8;  // ONNX's element type

Expr number(Pool& pool, int64_t n) { return constant_int(pool, DType::i64, n); }

/// Do both lists begin alike?
bool share_front(const Outputs& a, const Outputs& b) {
  const size_t n = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin());
}

}  // namespace

Expr Tracer::list(Sequence s) {
  const Expr node = input(pool(), "sequence " + std::to_string(lists_.size()), DType::f32, {});
  lists_[node] = std::move(s);
  return node;
}

const Sequence* Tracer::sequence(Expr e) const {
  const auto found = lists_.find(e);
  return found == lists_.end() ? nullptr : &found->second;
}

Expr Tracer::strings(Expr cells) {
  const Shape shape(cells->shape.begin(), cells->shape.end() - 1);
  const Expr node = input(pool(), "strings " + std::to_string(cells_.size()), DType::u8, shape);
  cells_[node] = cells;
  return node;
}

Expr Tracer::cells(Expr e) const {
  const auto found = cells_.find(e);
  return found == cells_.end() ? Expr() : found->second;
}

Expr Tracer::string_literal(const std::vector<std::string>& strings_, Ints shape,
                            const std::string& name) {
  return strings(literal(cells_of(strings_, std::move(shape)), name));
}

Expr Tracer::constant_of(const proto::Tensor& tensor, const std::string& name) {
  if (tensor.data_type() != kStringType) return literal(read(tensor), name);
  const std::vector<std::string> all(tensor.string_data().begin(), tensor.string_data().end());
  const Ints shape(tensor.dims().begin(), tensor.dims().end());
  if (tinycc::count_of(shape) != static_cast<int64_t>(all.size()))
    refuse("tensor '" + name + "' has not as many strings as its shape says");
  return string_literal(all, shape, name);
}

Expr Tracer::elements_in(const Sequence& s) {
  if (s.rows) return s.rows->count;
  return s.count ? s.count : number(pool(), s.none ? -1 : static_cast<int64_t>(s.elements.size()));
}

Ragged Tracer::ragged(const Sequence& s) {
  if (s.rows) return *s.rows;
  return ragged_of(pool(), s.elements, elements_in(s),
                   s.elements.empty() ? s.dtype : s.elements[0]->dtype);
}

std::string Tracer::free_name(std::string name) const {
  const auto is_taken = [&](const auto& named) { return named.name() == name; };
  const proto::Graph& graph = model_.graph();
  while (std::any_of(graph.input().begin(), graph.input().end(), is_taken) ||
         std::any_of(graph.output().begin(), graph.output().end(), is_taken) ||
         std::any_of(graph.initializer().begin(), graph.initializer().end(), is_taken))
    name += "_";
  return name;
}

Expr Tracer::port(const std::string& name, DType dtype, const Shape& shape, PortForm form) {
  const Expr node = input(pool(), name, dtype, shape);
  graph_.inputs.push_back({name, node, "", {}, form});
  return node;
}

/// The last number of --shape, if it has one more than the shape, is the most bytes of a string.
Expr Tracer::input_of_strings(const proto::ValueInfo& info) {
  int64_t width = kMostBytesOfString;
  const auto given = options_.shapes.inputs.find(info.name());
  const auto rank = static_cast<size_t>(info.type().tensor_type().shape().dim_size());
  if (given != options_.shapes.inputs.end() && given->second.size() == rank + 1) {
    width = given->second.back().extent;
    given->second.pop_back();
  }
  Shape shape = shape_of(info);
  shape.emplace_back(width);
  return strings(port(info.name(), DType::u8, shape, {PortForm::Kind::text}));
}

/// Elements of `type`, at most so many, as the three ports of a ragged input.
Ragged Tracer::ragged_input(const std::string& name, const proto::TensorType& type, int64_t most,
                            int64_t least, PortForm::Kind kind) {
  std::vector<DimSpec> given;
  if (const auto pinned = options_.shapes.inputs.find(name); pinned != options_.shapes.inputs.end())
    given = pinned->second;
  if (kind == PortForm::Kind::sequence && !given.empty()) {
    most = given[0].extent;
    given.erase(given.begin());
  }
  Ragged r;
  Shape bounds;
  int64_t cells = 1, rank = kMostRank;
  if (type.has_shape()) {
    r.element.emplace();
    rank = type.shape().dim_size();
    for (int i = 0; i < type.shape().dim_size(); ++i) {
      const proto::Dimension& dim = type.shape().dim(i);
      const bool fixed = dim.has_dim_value() && dim.dim_value() >= 0;
      const auto k = static_cast<size_t>(i);
      const int64_t open = k < given.size() ? given[k].extent : kMostOfOpenAxis;
      r.element->push_back({fixed ? dim.dim_value() : open, fixed});
      bounds.emplace_back(r.element->back().bound);
    }
    if (rank > kMostRank)
      throw Error(ExitCode::unsupported, "input '" + name + "' has elements of a rank beyond " +
                                             std::to_string(kMostRank));
    expect_size(bounds);
    cells = tinycc::count_of(bounds);
  } else {
    cells = given.empty() ? kMostOfOpenAxis : given[0].extent;
  }
  expect_size({Dim(most), Dim(cells)});
  PortForm form{kind};
  if (r.element) form.extents.emplace();
  for (const Ragged::Extent& e : r.element ? *r.element : std::vector<Ragged::Extent>())
    form.extents->push_back(e.fixed ? e.bound : -e.bound);
  r.data =
      port(name, dtype_of(type.elem_type()), {Dim(most), Dim(std::max<int64_t>(cells, 1))}, form);
  r.shapes = port(free_name(name + "_shapes"), DType::i64, {Dim(most), Dim(1 + rank)},
                  {PortForm::Kind::part});
  r.count =
      port(free_name(name + "_count"), DType::i64, {}, {PortForm::Kind::part, {}, {{least, most}}});
  r.count = min(max(r.count, static_cast<double>(least)), static_cast<double>(most));
  return r;
}

Expr Tracer::input_of_type(const proto::ValueInfo& info) {
  using Kind = PortForm::Kind;
  const std::string& name = info.name();
  const proto::Type& whole = info.type();
  const bool optional = whole.has_optional_type();
  if (!optional && whole.tensor_type().elem_type() == kStringType) return input_of_strings(info);
  const proto::Type& type = optional ? whole.optional_type().elem_type() : whole;
  if (type.has_sequence_type() && type.sequence_type().elem_type().has_tensor_type()) {
    const proto::TensorType& element = type.sequence_type().elem_type().tensor_type();
    return list({.rows = ragged_input(name, element, kMostElementsOfSequence, optional ? -1 : 0,
                                      Kind::sequence)});
  }
  if (!type.has_tensor_type() || type.tensor_type().elem_type() == kStringType)
    throw Error(ExitCode::unsupported,
                "input '" + name + "' is no tensor, nor a sequence of tensors");
  if (optional) {
    const Ragged r = ragged_input(name, type.tensor_type(), 1, 0, Kind::optional);
    return list({.elements = {element_of(r, number(pool(), 0))}, .count = r.count, .tensor = true});
  }
  return element_of(ragged_input(name, type.tensor_type(), 1, 1, Kind::loose), number(pool(), 0));
}

/// The numbers that the last input is taken to be; the emitted code checks that it is.
Expr Tracer::assumption(const OnnxOptions::Assumed& assumed) {
  GraphInput& in = graph_.inputs.back();
  for (size_t i = 0; i < assumed.numbers.size(); ++i) {
    const int64_t n = assumed.numbers[i];
    in.form.ranges.emplace_back(assumed.free[i] ? 1 : n, assumed.free[i] ? 0 : n);
  }
  return literal(
      TensorData::of_integers(in.node->dtype, bounds_of(in.node->shape), assumed.numbers),
      in.name + "_assumed");
}

/// A number that the caller gives and that decides how much is computed: within bounds, which are
/// checked on entry. Errors: Error(unsupported), with `what`, if it is computed.
Expr Tracer::limited(Expr e, int64_t least, int64_t most, const std::string& what) {
  while (e->is(Op::reshape) || (e->is(Op::cast) && is_integer(e[0]->dtype))) e = e[0];
  const auto is_it = [&](const GraphInput& in) { return in.node == e; };
  const auto found = std::find_if(graph_.inputs.begin(), graph_.inputs.end(), is_it);
  if (found == graph_.inputs.end() || !is_static(e->shape) || tinycc::count_of(e->shape) > 8)
    throw Error(ExitCode::unsupported, what);
  found->form.ranges = {{least, most}};
  return min(max(cast(e, DType::i64), static_cast<double>(least)), static_cast<double>(most));
}

namespace {

bool uses_sequences(const proto::Graph& graph) {
  return std::any_of(graph.node().begin(), graph.node().end(), [](const proto::Node& node) {
    return node.op_type().find("Sequence") != std::string::npos;
  });
}

}  // namespace

/// Inputs that are no tensors of numbers, and in a model with sequences those of open shape.
bool Tracer::is_loose(const proto::ValueInfo& info) const {
  if (!info.type().has_tensor_type() || info.type().tensor_type().elem_type() == kStringType)
    return true;
  const auto is_open = [&](const proto::Dimension& dim) {
    return !dim.has_dim_value() && !dim_of_symbol(dim.dim_param());
  };
  const auto& dims = info.type().tensor_type().shape().dim();
  return options_.shapes.inputs.count(info.name()) == 0 && uses_sequences(model_.graph()) &&
         std::any_of(dims.begin(), dims.end(), is_open);
}

/// Strings move as their positions in a table of all strings.
Outputs Tracer::apply_to_strings(const OpRow& row, Call& call) {
  const std::string& name = call.node.op_type();
  if (const OpRow* own = find_op_on_strings(name)) return own->results(call);
  if (name == "Shape" || name == "Size") return row.results(call);
  if (!moves_elements(name))
    throw Error(ExitCode::unsupported, "strings are not supported by this operator");
  int64_t width = 1, total = 0;
  for (size_t i = 0; i < call.count(); ++i) {
    if (const Expr own = cells(call.or_none(i)))
      width = std::max(width, own->extent(own->rank() - 1));
  }
  std::vector<Expr> tables{constant(pool(), DType::u8, 0, {Dim(0), Dim(width)})};
  for (size_t i = 0; i < call.count(); ++i) {
    const Expr own = cells(call.or_none(i));
    if (!own) continue;
    const int64_t n = tinycc::count_of(call[i]->shape);
    if (!is_static(own->shape))
      throw Error(ExitCode::unsupported, "strings of which only a run knows how many there are");
    tables.push_back(reshape_to(widen_cells(own, width), {n, width}));
    const Expr place = iota(pool(), {Dim(n)}, 0) + static_cast<double>(total);
    call.replace(i, reshape(place, call[i]->shape));
    total += n;
  }
  Outputs results = row.results(call);
  for (Expr& r : results) {
    Shape shape = r->shape;
    shape.emplace_back(width);
    r = strings(total == 0 ? constant(pool(), DType::u8, 0, shape)
                           : gather_axis(join(tables, 0), r, 0));
  }
  return results;
}

void Tracer::add_output(const std::string& name, Expr e) {
  if (const Expr text = cells(e)) {
    graph_.outputs.push_back({name, text, {}, false, {}, {PortForm::Kind::text}});
  } else if (const Sequence* s = sequence(e)) {
    const Ragged r = ragged(*s);
    const auto kind = s->tensor ? PortForm::Kind::optional : PortForm::Kind::sequence;
    graph_.outputs.push_back({name, r.data, {}, false, {}, {kind}});
    graph_.outputs.push_back(
        {free_name(name + "_shapes"), r.shapes, {}, false, {}, {PortForm::Kind::part}});
    graph_.outputs.push_back(
        {free_name(name + "_count"), r.count, {}, false, {}, {PortForm::Kind::part}});
  } else {
    graph_.outputs.push_back({name, e});
  }
}

/// Where an operator took what stands for a sequence or for strings as if it were a tensor.
void Tracer::check_handles() const {
  for (Expr e : topological_with_dims(graph_.roots())) {
    if (lists_.count(e) > 0 || cells_.count(e) > 0)
      throw Error(ExitCode::unsupported,
                  std::string(lists_.count(e) > 0 ? "a sequence or an optional value" : "strings") +
                      " where tensors of numbers are supported alone");
  }
}

Expr merged(Tracer& tracer, Expr condition, Expr a, Expr b) {
  const auto whole = [&](Expr e) {
    if (const Sequence* s = tracer.sequence(e)) return *s;
    return Sequence{.elements = {e}, .tensor = true};
  };
  if (const Expr x = tracer.cells(a), y = tracer.cells(b); x && y && x->rank() == y->rank()) {
    const int64_t width = std::max(x->extent(x->rank() - 1), y->extent(y->rank() - 1));
    return tracer.strings(merged(tracer, condition, widen_cells(x, width), widen_cells(y, width)));
  }
  if (tracer.sequence(a) != nullptr || tracer.sequence(b) != nullptr) {
    Sequence x = whole(a), y = whole(b);
    const bool tensor = (x.tensor || x.none) && (y.tensor || y.none);
    if (!x.rows && !y.rows && share_front(x.elements, y.elements)) {
      Sequence& longer = x.elements.size() < y.elements.size() ? y : x;
      longer.count = where(condition, tracer.elements_in(x), tracer.elements_in(y));
      longer.none = false;
      longer.tensor = tensor;
      return tracer.list(std::move(longer));
    }
    if (x.elements.empty() && !x.rows) x.dtype = tracer.ragged(y).data->dtype;
    if (y.elements.empty() && !y.rows) y.dtype = tracer.ragged(x).data->dtype;
    return tracer.list(
        {.tensor = tensor, .rows = select(condition, tracer.ragged(x), tracer.ragged(y))});
  }
  if (a->shape != b->shape || a->dtype != b->dtype)
    throw Error(ExitCode::unsupported,
                "the condition depends on the model's inputs, and the "
                "branches give " +
                    text_of(a->shape) + " and " + text_of(b->shape));
  return select(condition, a, b);
}

}  // namespace tinycc::onnx
