// The program: so far it can say what it is.
#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("tinycc " TINYCC_VERSION);
    return 0;
  }
  std::fputs("usage: tinycc --version\n", stderr);
  return 2;
}
