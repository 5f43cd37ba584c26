// java -cp "$KAFKA_HOME/libs/*" Kafka.java localhost:9092 rig alice bob
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public class Kafka {
    public static void main(String[] args) throws Exception {
        // acks=all, idempotence and the partitioner are right by default.
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (var user : Arrays.asList(args).subList(2, args.length)) {
                var message = String.format("{\"user\":\"%s\",\"text\":\"Hi, %s!\"}", user, user);
                producer.send(new ProducerRecord<>(args[1], user, message)).get();
            }
        }
    }
}
