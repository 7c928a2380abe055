/* Runs one GStreamer pipeline to its end: what gst-launch-1.0 does, for machines that have the libraries (which the
 * transcoder needs) and not the tools. Exit 0 after EOS, 1 after an error, with its text on stderr. */
#include <gst/gst.h>

int main(int argc, char **argv) {
    GError *error = NULL;
    gst_init(NULL, NULL);
    GstElement *pipeline = argc == 2 ? gst_parse_launch(argv[1], &error) : NULL;
    if (pipeline == NULL || error != NULL) {
        g_printerr("pipeline: %s\n", error ? error->message : "one argument wanted");
        return 1;
    }
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *message =
        gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    int failed = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
    if (failed) {
        gst_message_parse_error(message, &error, NULL);
        g_printerr("%s\n", error->message);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return failed;
}
