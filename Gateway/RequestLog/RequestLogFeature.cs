using RigKafka.Log;
using RigKafka.Settings;

namespace RigKafka.RequestLog;

/// <summary>A note of each proxied call, on the console or in Kafka.</summary>
internal static class RequestLogFeature
{
    public static void AddRequestLog(this WebApplicationBuilder builder, SettingsReader settings)
    {
        var options = settings.Read<RequestLogOptions>();
        if (options.ToKafka && !settings.Read<LogOptions>().KafkaEnabled)
        {
            settings.Refuse("REQUEST_LOG=kafka: expected KAFKA_ENABLED to be true.");
        }

        builder.Services.AddSingleton(options).AddSingleton<RequestLogQueue>().AddHostedService<RequestLogService>();
        // An operator who asks for the request log gets it, however quiet the rest is to be.
        builder.Logging.AddFilter(typeof(RequestLogService).FullName, LogLevel.Information);
    }
}
