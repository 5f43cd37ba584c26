using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.RequestLog;

/// <summary>The log of proxied calls, on the console or in Kafka.</summary>
internal static class RequestLogFeature
{
    public static void AddRequestLog(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<RequestLogOptions>();
        if (options.ToKafka && !settings.Read<LogOptions>().KafkaEnabled)
        {
            settings.Refuse("REQUEST_LOG=kafka: expected KAFKA_ENABLED to be true.");
        }

        if (options.ToKafka)
        {
            builder.Services.AddSingleton(new WrittenTopic(options.Topic, RequestLogOptions.TopicSetting));
        }

        builder.Services.AddSingleton(options).AddSingleton<RequestLogQueue>().AddHostedService<RequestLogService>();
        // Whatever the level of the log: an operator who asks for the request log gets it.
        builder.Logging.AddFilter(typeof(RequestLogService).FullName, LogLevel.Information);
    }
}
