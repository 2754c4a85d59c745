// See fields.h.
#include "compiler/targets/fields.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace tinycc {
namespace {

/// A whole number in [least, most].
bool number(const std::string& text, int64_t least, int64_t most, int64_t& out) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && rest == end && out >= least && out <= most;
}

constexpr int64_t kLeastMemory = 64;

template <int64_t Target::* field>
bool bytes(Target& target, const std::string& value) {
  const std::optional<int64_t> bytes = bytes_in(value);
  target.*field = bytes.value_or(0);
  return bytes.has_value();
}

/// "tcm:64k+sram:256k"
bool memories(Target& target, const std::string& value) {
  target.memories.clear();
  std::istringstream stream(value + "+");
  for (std::string part; std::getline(stream, part, '+');) {
    const size_t colon = std::min(part.find(':'), part.size());
    const std::string name = part.substr(0, colon);
    const int64_t size = bytes_in(part.substr(std::min(colon + 1, part.size()))).value_or(0);
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (name.empty() || name[0] <= '9' || !std::ranges::all_of(name, plain)) return false;
    if (size < kLeastMemory || std::ranges::count(target.memories, name, &Bank::name) != 0)
      return false;
    target.memories.push_back({name, size});
  }
  return !target.memories.empty();
}

bool one_of(const std::string& value, std::initializer_list<const char*> values) {
  return std::any_of(values.begin(), values.end(), [&](const char* v) { return value == v; });
}

bool words(const std::string& value, std::vector<std::string>& out) {
  std::istringstream stream(value);
  out.clear();
  for (std::string word; stream >> word;) out.push_back(word);
  return std::all_of(out.begin(), out.end(), [](const auto& word) { return word[0] == '-'; });
}

bool dialect(Target& target, const std::string& value) {
  target.dialect = value;
  return one_of(value, {"gnu", "iso"});
}

/// "sm_90a", "gfx90a".
bool arch(Target& target, const std::string& value) {
  target.arch = value;
  const std::string start = target.language == "cuda" ? "sm_" : "gfx";
  return value.starts_with(start) && value.size() > start.size() &&
         value.find_first_not_of("0123456789abcdef", start.size()) == std::string::npos;
}

bool vector_bytes(Target& target, const std::string& value) {
  const bool known = one_of(value, {"0", "8", "16", "32", "64", "128"});
  return known && number(value, 0, 128, target.vector_bytes);
}

bool prefer(Target& target, const std::string& value) {
  target.prefer = value == "ram" ? Prefer::ram : value == "size" ? Prefer::size : Prefer::speed;
  return one_of(value, {"speed", "ram", "size"});
}

template <bool Target::* field>
bool truth(Target& target, const std::string& value) {
  target.*field = value == "true" || value == "1";
  return one_of(value, {"true", "false", "1", "0"});
}

bool half(Target& target, const std::string& value) {
  target.brain = value == "bf16";
  target.half = value != "false" && value != "0";
  return one_of(value, {"true", "false", "1", "0", "f16", "bf16"});
}

bool dot(Target& target, const std::string& value) {
  constexpr std::pair<const char*, Dot> kNames[] = {
      {"none", Dot::none}, {"smlad", Dot::smlad}, {"mve", Dot::mve},     {"sdot", Dot::sdot},
      {"i8mm", Dot::i8mm}, {"vnni", Dot::vnni},   {"smull", Dot::smull}, {"vwmacc", Dot::vwmacc}};
  for (const auto& [name, idiom] : kNames) {
    if (value != name) continue;
    target.dot = idiom;
    return true;
  }
  return false;
}

bool madd_cycles(Target& target, const std::string& value) {
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, target.madd_cycles);
  return error == std::errc() && rest == end && target.madd_cycles > 0 && target.madd_cycles <= 1e4;
}

constexpr const char* kBytes = "a number of bytes: 32768, 32K, 1M";
constexpr const char* kTruth = "true or false, 1 or 0";

constexpr TargetField kFields[] = {
    {"dialect", "gnu (GNU C vector types) or iso (C99)", dialect, For::cpu},
    {"threads", "a number from 1 to 256",
     [](Target& t, const std::string& v) { return number(v, 1, 256, t.threads); }, For::cpu},
    {"thread_ns", "nanoseconds of a kernel that are worth another thread, 0 to 1000000000",
     [](Target& t, const std::string& v) { return number(v, 0, 1000000000, t.thread_ns); },
     For::cpu},
    {"half", "true or false, 1 or 0, f16 or bf16", half, For::device},
    {"tf32", kTruth, truth<&Target::tf32>, For::built},
    {"images", kTruth, truth<&Target::images>, For::opencl},
    {"arch", "what the device's compiler takes: sm_80, gfx1100", arch, For::built},
    {"image_side", "texels of an image's longest side, 4 to 65536",
     [](Target& t, const std::string& v) { return number(v, 4, 65536, t.image_side); },
     For::device},
    {"image_pitch", "texels that rows of an image are rounded up to, 1 to 1024",
     [](Target& t, const std::string& v) { return number(v, 1, 1024, t.image_pitch); },
     For::device},
    {"group", "work-items that start together, 1 to 1024",
     [](Target& t, const std::string& v) { return number(v, 1, 1024, t.group); }, For::device},
    {"units", "what work-groups are spread over, 1 to 1024",
     [](Target& t, const std::string& v) { return number(v, 1, 1024, t.units); }, For::device},
    {"shared_bytes", kBytes, bytes<&Target::shared_bytes>, For::device},
    {"panels", kTruth, truth<&Target::panels>, For::device},
    {"matrix", "none, mma, mma75, mfma, wmma11, wmma12, simdgroup or dot",
     [](Target& t, const std::string& v) {
       t.matrix = v == "none" ? "" : v;
       return one_of(v, {"none", "mma", "mma75", "mfma", "wmma11", "wmma12", "simdgroup", "dot"});
     },
     For::device},
    {"prefer", "speed, ram or size", prefer},
    {"ram", kBytes,
     [](Target& t, const std::string& v) { return bytes<&Target::ram>(t, v) && t.ram > 0; },
     For::cpu},
    {"memories",
     "names of small letters and digits, each once, with sizes, fastest first: tcm:64k+sram:256k",
     memories, For::cpu},
    {"triple", "what clang --target takes: thumbv7em-none-eabihf",
     [](Target& t, const std::string& v) {
       t.triple = v;
       return !v.empty();
     },
     For::cpu},
    {"cflags", "flags of the compiler of C, or of kernels: -march=...",
     [](Target& t, const std::string& v) { return words(v, t.cflags); }},
    {"vector_bytes", "0 (no vectors), 8, 16, 32, 64 or 128", vector_bytes},
    {"registers", "how many vector registers there are, 1 to 1024",
     [](Target& t, const std::string& v) { return number(v, 1, 1024, t.registers); }},
    {"l1_bytes", kBytes, bytes<&Target::l1_bytes>},
    {"l2_bytes", kBytes, bytes<&Target::l2_bytes>},
    {"fma", kTruth, truth<&Target::fma>},
    {"dot", "none, smlad, mve, sdot, i8mm, vnni, smull or vwmacc", dot, For::cpu},
    {"clock_mhz", "MHz of one core at work, 1 to 100000",
     [](Target& t, const std::string& v) { return number(v, 1, 100000, t.clock_mhz); }},
    {"madd_cycles", "cycles from one multiply-add of a vector to the next: 0.5", madd_cycles},
    {"memory_mbps", "megabytes a second that one core reads from memory, 1 to 10000000",
     [](Target& t, const std::string& v) { return number(v, 1, 10000000, t.memory_mbps); }},
};

bool is_for(const Target& target, const TargetField& field) {
  if (field.is_for == For::opencl) return target.language == "opencl";
  if (field.is_for == For::built) return target.language == "cuda" || target.language == "hip";
  return field.is_for == For::any || (field.is_for == For::device) == target.is_device();
}

}  // namespace

std::optional<int64_t> bytes_in(const std::string& text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const std::string unit(rest, end);
  const int64_t factor = unit.empty()                 ? 1
                         : unit == "k" || unit == "K" ? 1024
                         : unit == "m" || unit == "M" ? 1024 * 1024
                                                      : 0;
  if (error != std::errc() || value < 0 || value > (int64_t{1} << 40) || factor == 0) return {};
  return value * factor;
}

const TargetField* find_target_field(const Target& target, const std::string& key) {
  const auto same = [&](const TargetField& f) { return f.key == key && is_for(target, f); };
  const auto found = std::find_if(std::begin(kFields), std::end(kFields), same);
  return found == std::end(kFields) ? nullptr : found;
}

std::vector<std::string> target_field_names(const Target& target) {
  std::vector<std::string> names;
  for (const TargetField& field : kFields) {
    if (is_for(target, field)) names.emplace_back(field.key);
  }
  return names;
}

}  // namespace tinycc
