package peer;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The application: reads houses from one topic, writes them with their prices to another, until a signal comes. */
public final class HousePrices {
    private static final Logger LOG = LoggerFactory.getLogger(HousePrices.class);

    private HousePrices() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 6) {
            System.err.println("usage: HousePrices BOOTSTRAP_SERVERS APPLICATION_ID INPUT OUTPUT GUARANTEE MODEL\n"
                    + "GUARANTEE is at_least_once or exactly_once_v2, MODEL the file of a MOJO");
            System.exit(2);
        }
        tellMachine();
        Topology topology = topology(arguments[2], arguments[3], Pricer.load(Path.of(arguments[5])));
        KafkaStreams streams = new KafkaStreams(topology, properties(arguments[0], arguments[1], arguments[4]));
        streams.setUncaughtExceptionHandler(exception -> {
            LOG.error("The application ends", exception);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        CountDownLatch ended = new CountDownLatch(1);
        streams.setStateListener((state, before) -> {
            if (state == KafkaStreams.State.ERROR) {
                ended.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close, "shutdown"));
        streams.start();
        // A signal runs the hook and ends the process from there; only a failure comes past this line.
        ended.await();
        System.exit(1);
    }

    static Topology topology(String input, String output, Pricer pricer) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.<byte[], byte[]>stream(input)
                .flatMapValues(record -> {
                    byte[] priced = pricer.price(record);
                    return priced == null ? List.of() : List.of(priced);
                })
                .to(output);
        return builder.build();
    }

    private static Properties properties(String servers, String applicationId, String guarantee) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        properties.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
        return properties;
    }

    /** Says what the defaults of this virtual machine came to: they depend on the cores and the memory it sees. */
    private static void tellMachine() {
        Runtime runtime = Runtime.getRuntime();
        List<String> collectors = ManagementFactory.getGarbageCollectorMXBeans().stream()
                .map(GarbageCollectorMXBean::getName)
                .toList();
        System.err.println(String.format(
                Locale.ROOT,
                "java %s, %d processors, heap at most %d MiB, collectors %s",
                Runtime.version(),
                runtime.availableProcessors(),
                runtime.maxMemory() >> 20,
                collectors));
    }
}
