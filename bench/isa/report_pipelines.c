// A Vulkan layer that prints what the driver says of each compute pipeline: its lanes, its statistics and its machine code
// (VK_KHR_pipeline_executable_properties). Lines of its own begin with `@`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define OUT __attribute__((visibility("default")))
#define LINK(type, info) next_link(((info)->pNext), VK_STRUCTURE_TYPE_LOADER_##type##_CREATE_INFO)

static PFN_vkGetInstanceProcAddr instance_below;
static PFN_vkGetDeviceProcAddr device_below;
static VkInstance instance;

/** The loader's structure in a chain of extensions that leads to the layer below. */
static void *next_link(const void *chain, VkStructureType type) {
  VkLayerInstanceCreateInfo *at = (void *)chain;
  while (at->sType != type || at->function != VK_LAYER_LINK_INFO) at = (void *)at->pNext;
  return at;
}

static VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *a, VkInstance *out) {
  VkLayerInstanceCreateInfo *link = LINK(INSTANCE, info);
  instance_below = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkResult result = ((PFN_vkCreateInstance)instance_below(NULL, "vkCreateInstance"))(info, a, out);
  instance = *out;
  return result;
}

static VkResult VKAPI_CALL create_device(VkPhysicalDevice gpu, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *a, VkDevice *out) {
  VkLayerDeviceCreateInfo *link = LINK(DEVICE, info);
  device_below = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  uint32_t count = info->enabledExtensionCount;
  const char **names = malloc((count + 1) * sizeof *names);
  memcpy(names, info->ppEnabledExtensionNames, count * sizeof *names);
  names[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR asked = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, (void *)info->pNext, VK_TRUE};
  VkDeviceCreateInfo more = *info;
  more.pNext = &asked;
  more.enabledExtensionCount = count + 1;
  more.ppEnabledExtensionNames = names;
  return ((PFN_vkCreateDevice)instance_below(instance, "vkCreateDevice"))(gpu, &more, a, out);
}

static double number(const VkPipelineExecutableStatisticKHR *s) {
  if (s->format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR) return s->value.f64;
  return s->format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR ? s->value.b32 : (double)s->value.u64;
}

/** Calls a function of the extension twice, for the count and for the items, each of which begins with its type. */
#define LIST(item, type, call, about)                                                                             \
  uint32_t item##_count = 0;                                                                                      \
  call(device, about, &item##_count, NULL);                                                                       \
  item##_t *item = calloc(item##_count, sizeof *item);                                                            \
  for (uint32_t at = 0; at < item##_count; at++) item[at].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_##type##_KHR; \
  call(device, about, &item##_count, item)

typedef VkPipelineExecutablePropertiesKHR part_t;
typedef VkPipelineExecutableStatisticKHR figure_t;
typedef VkPipelineExecutableInternalRepresentationKHR text_t;

static void print(VkDevice device, VkPipeline pipeline) {
  PFN_vkGetPipelineExecutablePropertiesKHR parts = (void *)device_below(device, "vkGetPipelineExecutablePropertiesKHR");
  PFN_vkGetPipelineExecutableStatisticsKHR figures = (void *)device_below(device, "vkGetPipelineExecutableStatisticsKHR");
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR texts =
      (void *)device_below(device, "vkGetPipelineExecutableInternalRepresentationsKHR");
  VkPipelineInfoKHR whole = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
  LIST(part, PROPERTIES, parts, &whole);
  for (uint32_t p = 0; p < part_count; p++) {
    VkPipelineExecutableInfoKHR about = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, p};
    fprintf(stderr, "\n@lanes %u\n", part[p].subgroupSize);
    LIST(figure, STATISTIC, figures, &about);
    for (uint32_t i = 0; i < figure_count; i++) fprintf(stderr, "@statistic %s: %.10g\n", figure[i].name, number(&figure[i]));
    LIST(text, INTERNAL_REPRESENTATION, texts, &about);
    for (uint32_t i = 0; i < text_count; i++) text[i].pData = malloc(text[i].dataSize + 1);
    texts(device, &about, &text_count, text);
    for (uint32_t i = 0; i < text_count; i++) fprintf(stderr, "@text %s\n%s\n@end\n", text[i].name, (char *)text[i].pData);
  }
}

static VkResult VKAPI_CALL create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count, const VkComputePipelineCreateInfo *info,
                                            const VkAllocationCallbacks *a, VkPipeline *out) {
  for (uint32_t i = 0; i < count; i++)
    ((VkComputePipelineCreateInfo *)info)[i].flags |=
        VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
  VkResult result = ((PFN_vkCreateComputePipelines)device_below(device, "vkCreateComputePipelines"))(device, cache, count, info, a, out);
  for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++) print(device, out[i]);
  return result;
}

/** Dawn wants to keep what a pipeline became, and NVIDIA's driver on such a device cannot give it. */
static VkResult VKAPI_CALL cache_data(VkDevice device, VkPipelineCache cache, size_t *size, void *data) {
  *size = 0;
  return VK_SUCCESS;
}

static PFN_vkVoidFunction VKAPI_CALL of_device(VkDevice device, const char *name);
static PFN_vkVoidFunction VKAPI_CALL of_instance(VkInstance from, const char *name);

static PFN_vkVoidFunction ours(const char *name) {
#define IS(known, function) if (!strcmp(name, known)) return (PFN_vkVoidFunction)function
  IS("vkCreateInstance", create_instance);
  IS("vkGetInstanceProcAddr", of_instance);
  IS("vkCreateDevice", create_device);
  IS("vkGetDeviceProcAddr", of_device);
  IS("vkCreateComputePipelines", create_pipelines);
  IS("vkGetPipelineCacheData", cache_data);
  return NULL;
}

static PFN_vkVoidFunction VKAPI_CALL of_device(VkDevice device, const char *name) {
  PFN_vkVoidFunction own = ours(name);
  return own ? own : device_below(device, name);
}

static PFN_vkVoidFunction VKAPI_CALL of_instance(VkInstance from, const char *name) {
  PFN_vkVoidFunction own = ours(name);
  return own ? own : instance_below(from, name);
}

OUT VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = of_instance;
  version->pfnGetDeviceProcAddr = of_device;
  version->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
