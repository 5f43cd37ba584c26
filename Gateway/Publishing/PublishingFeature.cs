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
            foreach (var outcome in PublishEndpoint.Outcomes.All)
            {
                metrics.Published(outcome, messages: 0);
            }
        });
    }

    public static void MapPublishing(this IEndpointRouteBuilder api)
    {
        // The server's limit is for a body as it is sent, perhaps compressed. The endpoint limits the decompressed body by the largest
        // message.
        var most = PublishEndpoint.MaxBodyBytes(api.ServiceProvider.GetRequiredService<MessageOptions>());
        api.MapPost(Route, api.ServiceProvider.GetRequiredService<PublishEndpoint>().Handle)
            .WithMetadata(new RequestSizeLimitAttribute(most), ContentTypeCheck.Ignored, HandledAtOnce.Mark);
    }
}
