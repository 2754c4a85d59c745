// Kernels and programs as text; see print.h.
#include <algorithm>
#include <charconv>

#include "ir/print.h"
#include "ir/print_expr.h"
#include "ir/spelling.h"

namespace tinycc {
namespace {

std::string axis_text(const Axis& a) {
  std::string out = "d" + std::to_string(a.dim);
  if (a.div != 1) out += "/" + std::to_string(a.div);
  if (a.mod != 0) out += "%" + std::to_string(a.mod);
  if (a.lo != 0 || a.hi != 0) out += "(" + std::to_string(a.lo) + "," + std::to_string(a.hi) + ")";
  return a.pad == 0 ? out : out + "+" + std::to_string(a.pad);
}

std::string real_text(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// NAME: f32[2,3] SPACE layout(…) halo 0 image 1 "what it stores"; what is usual is left out.
std::string buffer_text(const Buffer& b) {
  std::string shape, layout;
  for (const int64_t extent : b.shape) shape += (shape.empty() ? "" : ",") + std::to_string(extent);
  for (const Axis& a : b.layout.axes) layout += (layout.empty() ? "" : " ") + axis_text(a);
  std::string out = spelled(b.name) + ": " + std::string(name_of(b.dtype));
  if (!shape.empty()) out += "[" + shape + "]";
  if (b.space != Space::arena) out += " " + std::string(name_of(b.space));
  if (b.layout != Layout::row_major(b.shape.size())) out += " layout(" + layout + ")";
  if (b.layout.has_halo() || b.halo_value != 0) out += " halo " + real_text(b.halo_value);
  if (b.is_image()) out += " image " + std::to_string(b.image_axes);
  return b.alias.empty() ? out : out + " " + quoted(b.alias);
}

std::string extent_text(ExprPrinter& text, Expr range) {
  const std::string bound = std::to_string(extent_of(range));
  return range->sources.empty() ? bound
                                : bound + " upto " + text.operand(range[0], kUnaryPrecedence + 1);
}

class TreePrinter {
 public:
  explicit TreePrinter(size_t depth) : depth_(depth) {}

  std::string kernel(const Kernel& k);
  std::string statements(const StmtRef& s) {
    statement(*s);
    return std::move(out_);
  }
  std::string program(const Program& p);

 private:
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }
  void open(const std::string& text) { line(text + " {"), ++depth_; }
  void close() { --depth_, line("}"); }
  void about(const Kernel& k);
  void statement(const Stmt& s);
  void store(const Stmt& s);
  void placed(const Program& p, const Placed& b);
  void ports(const Program& p, const char* what, const std::vector<Port>& ports);
  void steps(const Program& p, const std::vector<Step>& steps);
  void step(const Program& p, const Step& s);
  std::string name_in(const Program& p, int64_t id) {
    return spelled(p.buffers.at(id).buffer->name);
  }

  ExprPrinter text_;
  size_t depth_;
  std::string out_;
};

void TreePrinter::about(const Kernel& k) {
  if (!k.computes.empty()) line("computes " + quoted(k.computes));
  if (!k.schedule.empty()) line("schedule " + quoted(k.schedule));
  for (const std::string& node : k.nodes) line("node " + quoted(node));
  const std::pair<const char*, int64_t> counts[] = {
      {"flops", k.flops}, {"macs", k.macs}, {"reads", k.bytes_read}, {"writes", k.bytes_written}};
  for (const auto& [what, count] : counts) {
    if (count != 0) line(std::string(what) + " " + std::to_string(count));
  }
  if (k.parts > 1) line("parts " + std::to_string(k.parts));
}

std::string TreePrinter::kernel(const Kernel& k) {
  open("kernel " + spelled(k.name));
  about(k);
  for (const BufferRef& b : k.parameters) {
    const bool written = std::count(k.outputs.begin(), k.outputs.end(), b->id) != 0;
    text_.buffers[b->id] = text_.unique(b->name);
    line((written ? "out " : "in ") + buffer_text(*b));
  }
  for (Expr s : k.scalars) {
    const std::string name = text_.name(s, s->attr.name);
    line("scalar " + name + " " + std::to_string(extent_of(s)));
  }
  statement(*k.body);
  close();
  return std::move(out_);
}

void TreePrinter::statement(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::seq:
      for (const StmtRef& part : s.body) statement(*part);
      return;
    case StmtKind::loop: {
      const ExprPrinter::Scope outside = text_.scope;
      const std::string extent = extent_text(text_, s.range);
      const std::string kind = s.loop == LoopKind::serial ? "" : " " + std::string(name_of(s.loop));
      open("for " + text_.name(s.range, s.range->attr.name) + " " + extent + kind);
      statement(*s.body[0]);
      close();
      text_.scope = outside;
      return;
    }
    case StmtKind::alloc:
      text_.buffers[s.buffer->id] = s.buffer->name;
      text_.scope.used.insert(s.buffer->name);
      return line("alloc " + buffer_text(*s.buffer));
    case StmtKind::store: return store(s);
    case StmtKind::barrier:
      return line(s.outstanding == 0 ? "barrier" : "barrier " + std::to_string(s.outstanding));
  }
}

void TreePrinter::store(const Stmt& s) {
  const ExprPrinter::Scope outside = text_.scope;
  std::vector<Expr> roots = s.index;
  roots.push_back(s.value);
  text_.find_shared(roots);
  for (const std::string& let : text_.lets(roots)) line("let " + let);
  std::string index;
  for (Expr i : s.index) index += (index.empty() ? "" : ", ") + text_.typed_by_place(i);
  line(spelled(s.buffer->name) + "[" + index + "] = " + text_.typed_by_place(s.value));
  text_.scope = outside;
}

void TreePrinter::placed(const Program& p, const Placed& b) {
  std::string text = "buffer " + buffer_text(*b.buffer);
  if (b.offset >= 0) text += " at " + std::to_string(b.offset);
  if (b.first != 0 || b.last != 0) {
    text += " live " + std::to_string(b.first) + " " + std::to_string(b.last);
  }
  if (b.same_as >= 0) text += " replaces " + name_in(p, b.same_as);
  if (b.image >= 0) text += " in " + std::to_string(b.image);
  line(text);
}

void TreePrinter::ports(const Program& p, const char* what, const std::vector<Port>& ports) {
  for (const Port& port : ports) {
    line(std::string(what) + " " + spelled(port.name) + " = " + name_in(p, port.buffer) + " as " +
         spelled(port.ident) + (port.meaning.empty() ? "" : " " + quoted(port.meaning)));
  }
}

void TreePrinter::steps(const Program& p, const std::vector<Step>& steps) {
  for (const Step& s : steps) step(p, s);
}

void TreePrinter::step(const Program& p, const Step& s) {
  const std::string until = s.condition < 0 ? "" : " until " + name_in(p, s.condition);
  switch (s.kind) {
    case Step::Kind::call: {
      std::string arguments;
      for (const int64_t id : s.arguments) {
        arguments += (arguments.empty() ? "" : ", ") + name_in(p, id);
      }
      if (!s.scalars.empty()) arguments += "; ";
      for (size_t i = 0; i < s.scalars.size(); ++i) {
        arguments += (i == 0 ? "" : ", ") + text_.typed_by_place(s.scalars[i]);
      }
      std::string about = s.computes.empty() ? "" : " " + quoted(s.computes);
      for (const std::string& node : s.nodes) about += " of " + quoted(node);
      line("call " + spelled(p.kernels[s.kernel].name) + "(" + arguments + ")" + about);
      return;
    }
    case Step::Kind::repeat: {
      const ExprPrinter::Scope outside = text_.scope;
      open("repeat " + text_.name(s.range, s.range->attr.name) + " " +
           std::to_string(extent_of(s.range)) + until);
      steps(p, s.body);
      close();
      text_.scope = outside;
      return;
    }
    case Step::Kind::select:
      open("select " + name_in(p, s.condition));
      step(p, s.body[0]);
      --depth_;
      open("} else");
      step(p, s.body[1]);
      return close();
    case Step::Kind::block: open("block"), steps(p, s.body), close();
  }
}

std::string TreePrinter::program(const Program& p) {
  open("program " + spelled(p.name));
  if (!p.source.empty()) line("source " + quoted(p.source));
  line("arena " + std::to_string(p.arena_bytes) + " align " + std::to_string(p.arena_align) +
       " bound " + std::to_string(p.arena_bound_bytes));
  if (p.macs != 0) line("macs " + std::to_string(p.macs));
  for (const Bank& m : p.memories)
    line("memory " + spelled(m.name) + " " + std::to_string(m.bytes) + " of " +
         std::to_string(m.size));
  for (const Image& i : p.images)
    line("image " + std::string(name_of(i.dtype)) + " " + std::to_string(i.width) + " " +
         std::to_string(i.height));
  for (const auto& [id, b] : p.buffers) placed(p, b);
  for (const ProgramDim& d : p.dims) {
    line("dim " + spelled(d.name) + " " + text_.name(d.range, d.range->attr.name) + " " +
         std::to_string(extent_of(d.range)) + " as " + spelled(d.ident));
  }
  ports(p, "input", p.inputs);
  ports(p, "output", p.outputs);
  ports(p, "state", p.states);
  for (const Kernel& k : p.kernels) out_ += TreePrinter(depth_).kernel(k);
  open("steps");
  steps(p, p.steps);
  close();
  close();
  return std::move(out_);
}

}  // namespace

std::string to_text(const Kernel& kernel) { return TreePrinter(0).kernel(kernel); }
std::string to_text(const Program& program) { return TreePrinter(0).program(program); }
std::string to_text(const StmtRef& statement) { return TreePrinter(0).statements(statement); }

}  // namespace tinycc
