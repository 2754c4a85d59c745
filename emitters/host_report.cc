// report.json: what was built of which nodes, what it costs, where each kernel stands. Numbers come
// from the same records as the comments in the sources. Keys have a fixed order.
#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_model.h"
#include "ir/image.h"
#include "ir/traffic.h"
#include "ir/work.h"

namespace tinycc {

namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? fmt::format("\\u{:04x}", static_cast<int>(c))
                                                : std::string(1, c);
  }
  return out + "\"";
}

std::string json_strings(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(json_string(item));
  return "[" + join(quoted, ", ") + "]";
}

/// `"key": [` rows `]`, a row a line.
std::string rows_text(const char* key, const std::vector<std::string>& rows) {
  return fmt::format(" \"{}\": [{}{}{}]", key, rows.empty() ? "" : "\n  ", join(rows, ",\n  "),
                     rows.empty() ? "" : "\n ");
}

std::vector<std::string> port_rows(const Program& program, const std::vector<Port>& ports) {
  std::vector<std::string> rows;
  for (const Port& port : ports) {
    const Buffer& buffer = buffer_of(program, port.buffer);
    std::vector<std::string> axes;
    for (size_t d = 0; d < buffer.shape.size(); ++d) axes.push_back(axis_text(program, port, d));
    const bool symbolic = !port.dims.empty() || !port.lengths.empty();
    rows.push_back(fmt::format("{{\"name\": {}, \"type\": \"{}\", \"shape\": [{}]{}}}",
                               json_string(port.name), name_of(buffer.dtype),
                               fmt::join(buffer.shape, ", "),
                               symbolic ? ", \"axes\": " + json_strings(axes) : ""));
  }
  return rows;
}

/// Images with the tensors that take them, one after the other, and weights that are images of their own.
std::vector<std::string> image_rows(const Names& names) {
  const Program& program = names.program();
  std::vector<Image> images = program.images;
  std::vector<std::vector<std::string>> tensors(images.size());
  for (const auto& [id, placed] : program.buffers) {
    const Buffer& b = *placed.buffer;
    if (!b.is_image()) continue;
    const auto [width, height] = image_size(b);
    if (placed.image < 0) images.push_back({b.dtype, width, height});
    tensors.resize(images.size());
    tensors[placed.image < 0 ? images.size() - 1 : static_cast<size_t>(placed.image)].push_back(
        names.member(id));
  }
  std::vector<std::string> rows;
  for (size_t i = 0; i < images.size(); ++i)
    rows.push_back(fmt::format(
        "{{\"type\": \"{}\", \"width\": {}, \"height\": {}, \"tensors\": {}}}",
        name_of(images[i].dtype), images[i].width, images[i].height, json_strings(tensors[i])));
  return rows;
}

std::vector<std::string> memory_rows(const Program& program) {
  std::vector<std::string> rows;
  for (const Bank& m : program.memories)
    rows.push_back(fmt::format("{{\"name\": {}, \"size\": {}, \"bytes\": {}}}", json_string(m.name),
                               m.size, m.bytes));
  return rows;
}

std::vector<std::string> arena_rows(const Names& names) {
  const Program& program = names.program();
  std::vector<std::string> rows;
  for (const auto& [id, placed] : program.buffers) {
    if (placed.offset < 0) continue;
    const auto [memory, offset] = place_in_memory(program, placed.offset);
    const std::string in =
        program.memories.empty()
            ? ""
            : fmt::format("\"memory\": {}, ", json_string(program.memories[memory].name));
    rows.push_back(fmt::format(
        "{{\"tensor\": {}, {}\"offset\": {}, \"bytes\": {}, \"written\": {}, \"last_read\": {}}}",
        json_string(names.member(id)), in, offset, placed.buffer->bytes(), placed.first,
        placed.last));
  }
  return rows;
}

/// The kernel's nodes, then those of the steps that call it.
std::vector<std::string> nodes_of(const Names& names, size_t k) {
  std::vector<std::string> nodes = names.program().kernels[k].nodes;
  for (const Step* call : names.calls(k)) {
    for (const std::string& node : call->nodes) {
      if (std::ranges::count(nodes, node) == 0) nodes.push_back(node);
    }
  }
  return nodes;
}

std::string resources_text(const HostInputs& host, size_t k) {
  if (host.resources.empty()) return "";
  const Resources& r = host.resources[k];
  return fmt::format(
      "   \"registers\": {{\"arch\": \"{}\", \"vector\": {}, \"spilled\": {}, \"scalar\": {}, "
      "\"scalar_spilled\": {}, \"stack_bytes\": {}, \"local_bytes\": {}, "
      "\"matrix_instructions\": {}}},\n",
      r.arch, r.vector, r.spilled, r.scalar, r.scalar_spilled, r.stack_bytes, r.local_bytes,
      r.matrix);
}

std::vector<std::string> kernel_rows(const HostInputs& host, std::span<const SourceFile> files) {
  const Names& names = host.names;
  std::vector<std::string> rows;
  for (const size_t k : called_kernels(names)) {
    const Kernel& kernel = names.program().kernels[k];
    const Roof roof = roof_of(kernel, names.program().target);
    const Reads reads = reads_of(kernel);
    rows.push_back(fmt::format(
        "{{\n   \"name\": {},\n   \"nodes\": {},\n   \"computes\": {},\n   \"calls\": {},\n"
        "   \"flops\": {},\n   \"macs\": {},\n   \"bytes_read\": {},\n   \"bytes_written\": {},\n"
        "   \"predicted_us\": {:.3f},\n   \"roof\": \"{}\",\n"
        "{}   \"image_reads\": {},\n   \"guarded_reads\": {},\n   \"parts\": {},\n   \"schedule\": "
        "{},\n   \"source\": {}\n  }}",
        json_string(names.kernel(k)), json_strings(nodes_of(names, k)),
        json_string(kernel.computes), names.calls(k).size(), kernel.flops, kernel.macs,
        kernel.bytes_read, kernel.bytes_written, roof.predicted_us, roof.name(),
        resources_text(host, k), reads.images, reads.guarded, kernel.parts,
        json_string(kernel.schedule), json_string(line_of(names.kernel(k), files))));
  }
  return rows;
}

std::vector<std::string> step_rows(const Names& names) {
  std::vector<std::string> rows;
  for (const Step& step : names.program().steps) {
    const Work work = work_of(names, step);
    rows.push_back(
        fmt::format("{{\"kernel\": {}, \"nodes\": {}, \"flops\": {}, \"bytes_read\": {}, "
                    "\"bytes_written\": {}}}",
                    json_string(work.name), json_strings(step.nodes), work.flops, work.bytes_read,
                    work.bytes_written));
  }
  return rows;
}

std::string head_text(const Names& names) {
  const Program& program = names.program();
  const Target& target = program.target;
  const std::string cpu = target.resolved.empty() ? target.cpu : target.resolved;
  return fmt::format(
      " \"name\": {},\n \"source\": {},\n \"language\": {},\n \"dialect\": {},\n \"cpu\": {},\n"
      " \"cflags\": {},\n \"threads\": {},\n \"vector_bytes\": {}",
      json_string(program.name), json_string(program.source), json_string(target.language),
      json_string(target.dialect), json_string(cpu), json_strings(target.cflags), target.threads,
      target.vector_bytes);
}

std::string sizes_text(const Program& program) {
  return fmt::format(
      " \"arena_bytes\": {},\n \"arena_align\": {},\n \"arena_bound_bytes\": {},\n"
      " \"state_bytes\": {},\n \"weight_bytes\": {},\n \"macs\": {}",
      program.arena_bytes, arena_align(program), program.arena_bound_bytes, state_bytes(program),
      weight_bytes(program), program.macs);
}

}  // namespace

std::string line_of(const std::string& function, std::span<const SourceFile> files) {
  for (const SourceFile& file : files) {
    if (file.role != Role::library) continue;
    for (const std::string& head : {"\nvoid " + function + "(", "static void " + function + "(",
                                    "static void\n" + function + "("}) {
      size_t at = file.text.find(head);
      if (at == std::string::npos) continue;
      at += head[0] == '\n' ? 1 : 0;
      const auto end = file.text.begin() + static_cast<ptrdiff_t>(at);
      return fmt::format("{}:{}", file.name, 1 + std::count(file.text.begin(), end, '\n'));
    }
  }
  return "";
}

SourceFile emit_report(const HostInputs& host, std::span<const SourceFile> files) {
  const Names& names = host.names;
  const Program& program = names.program();
  std::vector<std::string> dims;
  for (const ProgramDim& d : program.dims)
    dims.push_back(fmt::format("{{\"name\": {}, \"bound\": {}}}", json_string(d.name), d.bound()));
  const std::vector<std::string> sections{head_text(names),
                                          rows_text("dims", dims),
                                          rows_text("inputs", port_rows(program, program.inputs)),
                                          rows_text("outputs", port_rows(program, program.outputs)),
                                          rows_text("states", port_rows(program, program.states)),
                                          sizes_text(program),
                                          rows_text("memories", memory_rows(program)),
                                          rows_text("arena", arena_rows(names)),
                                          rows_text("images", image_rows(names)),
                                          rows_text("kernels", kernel_rows(host, files)),
                                          rows_text("steps", step_rows(names))};
  return {"report.json", "{\n" + join(sections, ",\n") + "\n}\n", Role::text};
}

}  // namespace tinycc
