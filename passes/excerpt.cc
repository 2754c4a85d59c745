// See excerpt.h.
#include "passes/excerpt.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ir/build.h"
#include "passes/cost.h"
#include "passes/decide.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

/// Buffers that an expression or a computation reads.
std::set<int64_t> reads_of(const Computation& c) {
  std::set<int64_t> ids;
  std::vector<Expr> loads = loads_in(c.value);
  for (Expr i : c.index) {
    for (Expr l : loads_in(i)) loads.push_back(l);
  }
  for (Expr l : loads) ids.insert(l->attr.ints[0]);
  return ids;
}

class Cutter {
 public:
  Cutter(const Draft& from, const std::vector<size_t>& places) : from_(from) {
    for (const size_t p : places) inside_.insert(p);
    out_.graph = std::make_unique<Graph>();
    out_.graph->name = "tune";
    out_.graph->source = from.graph->source;
    out_.graph->pool = from.pool;
    out_.draft.graph = out_.graph.get();
    out_.draft.pool = from.pool;
    out_.draft.target = from.target;
  }

  Excerpt cut() {
    std::set<int64_t> read_outside;
    for (size_t i = 0; i < from_.computations.size(); ++i) {
      const Computation& c = from_.computations[i];
      const std::set<int64_t> reads = reads_of(c);
      if (inside_.count(i) == 0) {
        read_outside.insert(reads.begin(), reads.end());
        continue;
      }
      out_.draft.computations.push_back(c);
      read_.insert(reads.begin(), reads.end());
      written_.insert(c.target);
      keep_loops(c.loop);
    }
    for (const int64_t id : read_) add(id, false);
    for (const int64_t id : written_) add(id, read_outside.count(id) != 0);
    return std::move(out_);
  }

 private:
  /// Its loops, without what may end them early.
  void keep_loops(int64_t loop) {
    for (; loop >= 0; loop = from_.loops.at(loop).parent) {
      HostLoop& kept = out_.draft.loops[loop];
      kept = from_.loops.at(loop);
      kept.until = -1;
    }
  }

  void add(int64_t id, bool read_outside) {
    Buffer b = from_.buffers.at(id);
    const bool written = written_.count(id) != 0;
    if (b.space == Space::weight) {
      out_.graph->weights[b.alias] = weight_of(from_, b);
    } else if (!written) {
      b.space = Space::input;
      const Expr node = input(*from_.pool, b.name, b.dtype, Shape(b.shape.begin(), b.shape.end()));
      out_.graph->inputs.push_back({b.name, node, ""});
      out_.draft.stored[node] = {id, std::vector<int64_t>(b.shape.size(), 0)};
    } else if (b.space != Space::arena || read_outside || read_.count(id) == 0) {
      b.space = Space::output;
      const auto seen = out_.draft.buffers.find(id);  // perhaps as memory between the two
      if (seen == out_.draft.buffers.end() || seen->second.space != Space::output)
        out_.graph->outputs.push_back({b.name, {}});
    }
    out_.draft.buffers[id] = b;
  }

  const Draft& from_;
  Excerpt out_;
  std::set<size_t> inside_;
  std::set<int64_t> read_, written_;
};

std::string layout_of(const Buffer& b) {
  std::string text = fmt::format("{}[{}] {}", name_of(b.dtype), fmt::join(b.shape, ","),
                                 b.space == Space::weight ? "weight" : "tensor");
  for (const Axis& a : b.layout.axes)
    text += fmt::format(" {}/{}%{}({},{})+{}", a.dim, a.div, a.mod, a.lo, a.hi, a.pad);
  return b.layout.has_halo() ? text + fmt::format(" halo {}", b.halo_value) : text;
}

/// A nest as numbered lines in which ranges keep their names, since moves name them, and buffers get
/// numbers in order of appearance.
class NestText {
 public:
  NestText(const Draft& draft, bool layouts) : draft_(draft), layouts_(layouts) {}

  std::string of(const StmtRef& nest) {
    walk(nest, [&](const Stmt& s) {
      std::string line = fmt::format("{} {}", static_cast<int>(s.kind), s.body.size());
      if (s.range) line += " " + node(s.range);
      if (s.buffer) line += " " + buffer(s.buffer->id);
      for (Expr i : s.index) line += " " + node(i);
      if (s.value) line += " = " + node(s.value);
      text_ += line + "\n";
    });
    return std::move(text_);
  }

 private:
  std::string buffer(int64_t id) {
    const auto [found, fresh] = buffers_.try_emplace(id, fmt::format("b{}", buffers_.size()));
    const auto known = draft_.buffers.find(id);
    if (fresh && known != draft_.buffers.end())
      text_ += fmt::format("{}: {}\n", found->second, layouts_ ? layout_of(known->second) : "");
    return found->second;
  }

  std::string node(Expr root) {
    for (Expr n : topological({root})) {
      if (!numbers_.try_emplace(n, numbers_.size()).second) continue;
      std::string line = fmt::format("{} {} {}", name_of(n->op), name_of(n->dtype),
                                     n->is(Op::load) ? buffer(n->attr.ints[0]) : n->attr.name);
      for (Expr s : n->sources) line += fmt::format(" %{}", numbers_.at(s));
      for (size_t i = n->is(Op::range) ? 1 : 0; i < n->attr.ints.size() && !n->is(Op::load); ++i)
        line += fmt::format(" {}", n->attr.ints[i]);
      text_ += fmt::format("%{} {}\n", numbers_.at(n), line);
    }
    return fmt::format("%{}", numbers_.at(root));
  }

  const Draft& draft_;
  bool layouts_;
  std::map<int64_t, std::string> buffers_;
  std::unordered_map<Expr, size_t> numbers_;
  std::string text_;
};

}  // namespace

std::string kernel_text(const Draft& draft, const Computation& c) {
  return target_text(draft.target) + "\n" + NestText(draft, true).of(plain_nest(draft, c)) +
         (may_run_in_place(draft, c) ? "in place" : "apart");
}

Excerpt excerpt(const Draft& draft, const std::vector<size_t>& computations) {
  return Cutter(draft, computations).cut();
}

std::string kernel_key(const Draft& draft, const Computation& c) {
  return hash_of(kernel_text(draft, c));
}

std::string result_key(const Draft& draft, const Computation& c) {
  return hash_of("layout\n" + target_text(draft.target) + "\n" +
                 NestText(draft, false).of(plain_nest(draft, c)));
}

}  // namespace tinycc
