// Kernels and programs from text; see parse.h.
#include <algorithm>
#include <charconv>

#include "ir/build.h"
#include "ir/parse.h"
#include "ir/parse_expr.h"
#include "ir/spelling.h"

namespace tinycc {
namespace {

/// The value of `kind`'s type that is spelled like the next word, which it takes.
template <class Kind>
std::optional<Kind> take_named(Lexer& lexer, Kind last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto kind = static_cast<Kind>(i);
    if (lexer.take(name_of(kind))) return kind;
  }
  return std::nullopt;
}

double real(Lexer& lexer) {
  const bool negative = lexer.take("-");
  const Token token = lexer.next();
  double value = 0;
  const char* last = token.text.data() + token.text.size();
  if (std::from_chars(token.text.data(), last, value).ptr != last) {
    lexer.fail("expected a number", token.at);
  }
  return negative ? -value : value;
}

/// d1/16%2(1,1)+3
Axis axis(Lexer& lexer) {
  Axis a;
  const size_t at = lexer.peek().at;
  const std::string name = lexer.name();
  const char* last = name.data() + name.size();
  if (name[0] != 'd' || std::from_chars(name.data() + 1, last, a.dim).ptr != last) {
    lexer.fail("expected an axis: d0, d1, …", at);
  }
  if (lexer.take("/")) a.div = lexer.integer();
  if (lexer.take("%")) a.mod = lexer.integer();
  if (lexer.take("(")) {
    a.lo = lexer.integer();
    lexer.expect(",");
    a.hi = lexer.integer();
    lexer.expect(")");
  }
  if (lexer.take("+")) a.pad = lexer.integer();
  return a;
}

Buffer buffer(Lexer& lexer, Pool& pool) {
  Buffer b;
  b.id = pool.fresh_id();
  b.name = lexer.name();
  lexer.expect(":");
  const size_t at = lexer.peek().at;
  const auto dtype = dtype_named(lexer.name());
  if (!dtype) lexer.fail("no such type", at);
  b.dtype = *dtype;
  if (lexer.take("[")) {
    do b.shape.push_back(lexer.integer());
    while (lexer.take(","));
    lexer.expect("]");
  }
  if (const auto space = take_named(lexer, Space::reg)) b.space = *space;
  b.layout = Layout::row_major(b.shape.size());
  if (lexer.take("layout")) {
    b.layout.axes.clear();
    lexer.expect("(");
    while (!lexer.take(")")) {
      b.layout.axes.push_back(axis(lexer));
      const auto rank = static_cast<int64_t>(b.shape.size());
      if (b.layout.axes.back().dim >= rank) lexer.fail("the buffer has no such dimension");
    }
  }
  if (lexer.take("halo")) b.halo_value = real(lexer);
  if (lexer.take("image")) b.image_axes = lexer.integer();
  if (lexer.peek().kind == Token::Kind::string) b.alias = lexer.string();
  return b;
}

class KernelParser {
 public:
  KernelParser(Lexer& lexer, Pool& pool) : lexer_(lexer), pool_(pool), expr_(lexer, pool) {}

  Kernel parse() {
    lexer_.expect("kernel");
    kernel_.name = lexer_.name();
    lexer_.expect("{");
    while (header()) {
    }
    std::vector<StmtRef> body;
    while (!lexer_.take("}")) body.push_back(statement());
    kernel_.body = seq(std::move(body));
    return std::move(kernel_);
  }

 private:
  bool header();
  BufferRef declare() {
    const auto b = std::make_shared<const Buffer>(buffer(lexer_, pool_));
    expr_.scope.buffers[b->name] = b;
    return b;
  }
  StmtRef statement();
  StmtRef block();
  StmtRef loop_statement();
  StmtRef let();
  StmtRef assignment();

  Lexer& lexer_;
  Pool& pool_;
  ExprParser expr_;
  Kernel kernel_;
};

bool KernelParser::header() {
  Kernel& k = kernel_;
  const std::pair<const char*, std::string*> texts[] = {{"computes", &k.computes},
                                                        {"schedule", &k.schedule}};
  const std::pair<const char*, int64_t*> counts[] = {{"flops", &k.flops},
                                                     {"macs", &k.macs},
                                                     {"reads", &k.bytes_read},
                                                     {"writes", &k.bytes_written},
                                                     {"parts", &k.parts}};
  for (const auto& [what, text] : texts) {
    if (lexer_.take(what)) return *text = lexer_.string(), true;
  }
  for (const auto& [what, count] : counts) {
    if (lexer_.take(what)) return *count = lexer_.integer(), true;
  }
  if (lexer_.take("node")) return k.nodes.push_back(lexer_.string()), true;
  const bool out = lexer_.is("out");
  if (lexer_.take("in") || lexer_.take("out")) {
    k.parameters.push_back(declare());
    if (out) k.outputs.push_back(k.parameters.back()->id);
    return true;
  }
  if (!lexer_.take("scalar")) return false;
  const std::string name = lexer_.name();
  return k.scalars.push_back(expr_.range(name)), true;
}

StmtRef KernelParser::block() {
  const ExprParser::Scope outside = expr_.scope;
  std::vector<StmtRef> body;
  lexer_.expect("{");
  while (!lexer_.take("}")) body.push_back(statement());
  expr_.scope = outside;
  return seq(std::move(body));
}

StmtRef KernelParser::statement() {
  if (lexer_.peek().kind == Token::Kind::string) return assignment();
  if (lexer_.take("for")) return loop_statement();
  if (lexer_.take("alloc")) return alloc(declare());
  if (lexer_.take("let")) return let();
  if (!lexer_.take("barrier")) return assignment();
  return barrier(lexer_.peek().kind == Token::Kind::number ? lexer_.integer() : 0);
}

StmtRef KernelParser::loop_statement() {
  const ExprParser::Scope outside = expr_.scope;
  const std::string name = lexer_.name();
  const Expr range = expr_.range(name);
  const auto kind = take_named(lexer_, LoopKind::meet);
  StmtRef body = block();
  expr_.scope = outside;
  return loop(range, std::move(body), kind.value_or(LoopKind::serial));
}

/// let v = EXPR STATEMENT: a name for the rest of the block; leaves no trace in the tree.
StmtRef KernelParser::let() {
  const std::string name = lexer_.name();
  lexer_.expect("=");
  expr_.scope.names[name] = expr_.expression();
  return statement();
}

StmtRef KernelParser::assignment() {
  const size_t at = lexer_.peek().at;
  const std::string name = lexer_.name();
  const auto found = expr_.scope.buffers.find(name);
  if (found == expr_.scope.buffers.end()) lexer_.fail("no buffer is called '" + name + "'", at);
  const BufferRef target = found->second;
  std::vector<Expr> index = expr_.indices();
  lexer_.expect("=");
  const Expr value = expr_.expression(target->dtype);
  return expr_.build(at, [&] { return store(target, std::move(index), value); });
}

class ProgramParser {
 public:
  ProgramParser(std::string_view text, const std::string& file)
      : program_(), lexer_(text, file), expr_(lexer_, fresh_pool()) {}

  Program parse();

 private:
  Pool& fresh_pool() {
    program_.pool = std::make_shared<Pool>();
    return *program_.pool;
  }
  void memory();
  void image();
  void placed();
  void dim();
  void port(std::vector<Port>& ports);
  int64_t known(const std::string& name, size_t at);
  int64_t known() {
    const size_t at = lexer_.peek().at;
    return known(lexer_.name(), at);
  }
  std::vector<Step> block();
  Step one_of(std::vector<Step> steps);
  Step step();
  Step call();

  Program program_;
  Lexer lexer_;
  ExprParser expr_;
  std::map<std::string, int64_t> ids_;
  struct Replaces {
    int64_t buffer;
    std::string other;
    size_t at;
  };
  std::vector<Replaces> replaces_;
};

Program ProgramParser::parse() {
  Program& p = program_;
  lexer_.expect("program");
  p.name = lexer_.name();
  lexer_.expect("{");
  while (!lexer_.take("steps")) {
    if (lexer_.take("source"))
      p.source = lexer_.string();
    else if (lexer_.take("arena"))
      p.arena_bytes = lexer_.integer();
    else if (lexer_.take("align"))
      p.arena_align = lexer_.integer();
    else if (lexer_.take("bound"))
      p.arena_bound_bytes = lexer_.integer();
    else if (lexer_.take("macs"))
      p.macs = lexer_.integer();
    else if (lexer_.take("memory"))
      memory();
    else if (lexer_.take("image"))
      image();
    else if (lexer_.take("buffer"))
      placed();
    else if (lexer_.take("dim"))
      dim();
    else if (lexer_.take("input"))
      port(p.inputs);
    else if (lexer_.take("output"))
      port(p.outputs);
    else if (lexer_.take("state"))
      port(p.states);
    else
      p.kernels.push_back(KernelParser(lexer_, *p.pool).parse());
  }
  for (const Replaces& r : replaces_) p.buffers.at(r.buffer).same_as = known(r.other, r.at);
  p.steps = block();
  lexer_.expect("}");
  if (lexer_.peek().kind != Token::Kind::end) lexer_.fail("text behind the program");
  return std::move(p);
}

int64_t ProgramParser::known(const std::string& name, size_t at) {
  const auto found = ids_.find(name);
  if (found == ids_.end()) lexer_.fail("no buffer is called '" + name + "'", at);
  return found->second;
}

void ProgramParser::memory() {
  Bank bank;
  bank.name = lexer_.name();
  bank.bytes = lexer_.integer();
  lexer_.expect("of");
  bank.size = lexer_.integer();
  program_.memories.push_back(std::move(bank));
}

void ProgramParser::image() {
  Image i;
  const size_t at = lexer_.peek().at;
  const auto dtype = dtype_named(lexer_.name());
  if (!dtype) lexer_.fail("no such type", at);
  i.dtype = *dtype;
  i.width = lexer_.integer();
  i.height = lexer_.integer();
  program_.images.push_back(i);
}

void ProgramParser::placed() {
  Placed p;
  p.buffer = std::make_shared<const Buffer>(buffer(lexer_, *program_.pool));
  if (lexer_.take("at")) p.offset = lexer_.integer();
  if (lexer_.take("live")) {
    p.first = lexer_.integer();
    p.last = lexer_.integer();
  }
  if (lexer_.take("replaces")) {  // may be declared further down
    const size_t at = lexer_.peek().at;
    replaces_.push_back({p.buffer->id, lexer_.name(), at});
  }
  if (lexer_.take("in")) p.image = lexer_.integer();
  ids_[p.buffer->name] = p.buffer->id;
  program_.buffers[p.buffer->id] = p;
}

/// NAME RANGE BOUND+1 as IDENT
void ProgramParser::dim() {
  ProgramDim d;
  d.name = lexer_.name();
  d.range = expr_.range(lexer_.name());
  lexer_.expect("as");
  d.ident = lexer_.name();
  program_.dims.push_back(d);
}

/// NAME = BUFFER as IDENT "meaning"
void ProgramParser::port(std::vector<Port>& ports) {
  Port port;
  port.name = lexer_.name();
  lexer_.expect("=");
  port.buffer = known();
  lexer_.expect("as");
  port.ident = lexer_.name();
  if (lexer_.peek().kind == Token::Kind::string) port.meaning = lexer_.string();
  ports.push_back(std::move(port));
}

std::vector<Step> ProgramParser::block() {
  std::vector<Step> steps;
  lexer_.expect("{");
  while (!lexer_.take("}")) steps.push_back(step());
  return steps;
}

Step ProgramParser::one_of(std::vector<Step> steps) {
  if (steps.size() == 1) return std::move(steps[0]);
  Step s;
  s.kind = Step::Kind::block;
  s.body = std::move(steps);
  return s;
}

Step ProgramParser::step() {
  Step s;
  if (lexer_.take("repeat")) {
    const ExprParser::Scope outside = expr_.scope;
    s.kind = Step::Kind::repeat;
    const std::string name = lexer_.name();
    s.range = expr_.range(name);
    if (lexer_.take("until")) s.condition = known();
    s.body = block();
    expr_.scope = outside;
  } else if (lexer_.take("select")) {
    s.kind = Step::Kind::select;
    s.condition = known();
    s.body.push_back(one_of(block()));
    lexer_.expect("else");
    s.body.push_back(one_of(block()));
  } else if (lexer_.take("block")) {
    s.kind = Step::Kind::block;
    s.body = block();
  } else {
    return call();
  }
  return s;
}

/// call KERNEL(BUFFER, …; SCALAR, …) "what it computes" of "a node" of "another"
Step ProgramParser::call() {
  Step s;
  lexer_.expect("call");
  const size_t at = lexer_.peek().at;
  const std::string name = lexer_.name();
  while (s.kernel < program_.kernels.size() && program_.kernels[s.kernel].name != name) ++s.kernel;
  if (s.kernel == program_.kernels.size()) lexer_.fail("no kernel is called '" + name + "'", at);
  lexer_.expect("(");
  while (!lexer_.is(")") && !lexer_.is(";")) {
    if (!s.arguments.empty()) lexer_.expect(",");
    s.arguments.push_back(known());
  }
  if (lexer_.take(";")) {
    do s.scalars.push_back(expr_.expression(DType::i64));
    while (lexer_.take(","));
  }
  lexer_.expect(")");
  if (lexer_.peek().kind == Token::Kind::string) s.computes = lexer_.string();
  while (lexer_.take("of")) s.nodes.push_back(lexer_.string());
  return s;
}

}  // namespace

Kernel parse_kernel(Pool& pool, std::string_view text, const std::string& file) {
  Lexer lexer(text, file);
  Kernel kernel = KernelParser(lexer, pool).parse();
  if (lexer.peek().kind != Token::Kind::end) lexer.fail("text behind the kernel");
  return kernel;
}

Program parse_program(std::string_view text, const std::string& file) {
  return ProgramParser(text, file).parse();
}

}  // namespace tinycc
