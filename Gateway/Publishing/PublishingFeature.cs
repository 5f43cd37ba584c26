using Microsoft.AspNetCore.Mvc;
using RigKafka.Telemetry;

namespace RigKafka.Publishing;

internal static class PublishingFeature
{
    private const string Route = "/v1/messages";

    public static void AddPublishing(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PublishEndpoint>();
        builder.CountFromZero(metrics =>
        {
            foreach (var outcome in PublishOutcome.All)
            {
                metrics.Published(outcome, messages: 0);
            }
        });
    }

    public static void MapPublishing(this IEndpointRouteBuilder api)
        // The endpoint has a limit of its own, in step with the largest message.
        => api.MapPost(Route, api.ServiceProvider.GetRequiredService<PublishEndpoint>().Handle).WithMetadata(new DisableRequestSizeLimitAttribute());
}
