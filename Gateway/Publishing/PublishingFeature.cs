using Microsoft.AspNetCore.Mvc;
using RigKafka.Http;
using RigKafka.Messages;
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
        // The limit is for what is compressed; the endpoint has one of its own for what comes out of it, in step with the largest message.
        => api.MapPost(Route, api.ServiceProvider.GetRequiredService<PublishEndpoint>().Handle)
            .WithMetadata(new RequestSizeLimitAttribute(PublishEndpoint.MaxBodyBytes(api.ServiceProvider.GetRequiredService<MessageOptions>())), ContentTypeCheck.Ignored);
}
