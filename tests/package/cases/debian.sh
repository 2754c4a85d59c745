# The Debian package: what is in it, and what it depends on.
command -v dpkg-deb dpkg-shlibdeps >/dev/null || exit 77
quiet cpack --config "$BUILT/CPackConfig.cmake" -B "$PWD"
deb=$(ls ./*.deb)
dpkg-deb -c "$deb" | awk '{ print $1, $6 }' >files.txt
for file in bin/tinycc share/tinycc/model.mk share/tinycc/tinycc-config.cmake \
            share/tinycc/tinycc-config-version.cmake share/tinycc/zephyr/module.yml \
            share/pkgconfig/tinycc.pc share/doc/tinycc/README.md; do
  has files.txt " ./usr/$file$"
done
dpkg-deb -f "$deb" >control.txt
has control.txt '^Package: tinycc$'
for library in libllvm19 libclang-cpp19 libstdc\\+\\+6 libyaml-cpp0.7 libprotobuf-lite32; do
  has control.txt "^Depends: .*\b$library\b"
done
dpkg-deb -x "$deb" unpacked
[ "$(unpacked/usr/bin/tinycc --version)" = "tinycc $(pkg-config --modversion tinycc)" ]
