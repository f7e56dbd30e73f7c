#!/bin/sh
# In the folder that setup.sh makes. `devices`: what stands in for the kernel's devices (Mesa's drm-shim), and the layer.
# `mali`: Mesa's driver for Mali, without LLVM.
set -e
cd /isa/source
lib=/isa/build/src
[ -d /isa/build ] || meson setup /isa/build --wrap-mode=nodownload -Dbuildtype=release -Dtools=drm-shim,intel -Dvulkan-drivers=panfrost \
  -Dgallium-drivers= -Dplatforms= -Degl=disabled -Dgbm=disabled -Dglx=disabled -Dopengl=false -Dgles1=disabled -Dgles2=disabled \
  -Dvideo-codecs= -Dllvm=disabled -Dxmlconfig=disabled -Dvalgrind=disabled -Dlibunwind=disabled -Dlmsensors=disabled
if [ "$1" = mali ]; then
  ninja -C /isa/build -j2 src/panfrost/vulkan/libvulkan_panfrost.so
  cp $lib/panfrost/vulkan/libvulkan_panfrost.so /isa/
  echo '{"file_format_version": "1.0.0", "ICD": {"api_version": "1.4.305", "library_path": "/isa/libvulkan_panfrost.so"}}' \
    >/isa/mali_icd.json
  exit
fi
ninja -C /isa/build -j2 src/intel/tools/libintel_noop_drm_shim.so
cp $lib/intel/tools/libintel_noop_drm_shim.so /isa/intel.so

# The devices are of Mesa 25.0, the drivers are later. Apple's speaks to the kernel's own interface now.
sed -i -e 's|"../lib/unstable_asahi_drm.h"|<drm/asahi_drm.h>|' -e '/unstable_uabi\|\.vm_/d' -e 's/ASAHI_GEM_BIND\]/ASAHI_GEM_BIND_OBJECT]/' \
  -e 's/\[DRM_ASAHI_VM_DESTROY\]/[DRM_ASAHI_VM_BIND] = asahi_ioctl_noop,\n   [DRM_ASAHI_GET_TIME] = asahi_ioctl_noop,\n   &/' \
  -e 's/\.gpu_revision = 0,/.gpu_revision = 16, .chip_id = 0x8103, .num_dies = 1, .num_clusters_total = 1, .num_cores_per_cluster = 8,\n   .core_masks = {255}, .features = DRM_ASAHI_FEATURE_SOFT_FAULTS, .max_frequency_khz = 1278000, .max_commands_per_submission = 64,\n   .max_attachments = 16, .command_timestamp_frequency_hz = 1000000000,\n   .vm_start = 0x4000, .vm_end = 0x8000000000, .vm_kernel_min_size = 0x20000000,/' \
  -e 's/gpu-g13g/agx-g13g/' src/asahi/drm-shim/asahi_noop.c
# Qualcomm's asks whether it may place buffers itself (parameter 0x16): it may not.
sed -i -e 's/\[DRM_MSM_SET_PARAM\] = msm_ioctl_noop/[DRM_MSM_SET_PARAM] = refuse/' \
  -e 's/^static ioctl_fn_t driver_ioctls/static int refuse(int fd, unsigned long request, void *arg) { return -EINVAL; }\n&/' \
  src/freedreno/drm-shim/freedreno_noop.c
# AMD's says it is of a kernel that the driver no longer takes.
sed -i 's/version_minor = 49/version_minor = 64/' src/amd/drm-shim/amdgpu_noop_drm_shim.c
for device in qualcomm:freedreno nvidia:nouveau apple:asahi mali:panfrost amd:amd; do
  from=src/${device#*:}/drm-shim
  rm -f "$from/amdgpu_dump_states.c" "$from/radeon_noop_drm_shim.c"
  gcc -O1 -fPIC -shared -fvisibility=hidden -w -DNDEBUG -D_GNU_SOURCE -DHAVE_PTHREAD -DHAVE_STRUCT_TIMESPEC \
    -DUTIL_ARCH_LITTLE_ENDIAN=1 -DUTIL_ARCH_BIG_ENDIAN=0 -Iinclude -Isrc -Isrc/amd -Isrc/nouveau -Isrc/nouveau/headers \
    -Isrc/gallium/include $(pkg-config --cflags libdrm) "$from"/*.c -o "/isa/${device%:*}.so" -Wl,--start-group \
    $lib/drm-shim/libdrm_shim.a $lib/util/libmesa_util.a $lib/util/libmesa_util_sse41.a $lib/util/blake3/libblake3.a \
    $lib/c11/impl/libmesa_util_c11.a -ldrm -lz -lzstd -lm -pthread -Wl,--end-group
done
gcc -O1 -fPIC -shared -fvisibility=hidden -o /isa/libreport_pipelines.so /isa/report_pipelines.c
cat >/isa/report_pipelines.json <<'JSON'
{"file_format_version": "1.1.2", "layer": {"name": "VK_LAYER_INCEPTION_report_pipelines", "type": "GLOBAL",
 "library_path": "./libreport_pipelines.so", "api_version": "1.3.0", "implementation_version": "1", "description": "prints pipelines"}}
JSON
