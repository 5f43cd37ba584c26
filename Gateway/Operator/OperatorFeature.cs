using Microsoft.AspNetCore.Mvc;
using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Operator;

/// <summary>What an operator sees of the nodes, and a page to see it on.</summary>
internal static class OperatorFeature
{
    private const string Folder = "operator";
    private const string PageFile = "operator.html";

    public static void AddOperator(this WebApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<OperatorOptions>());
        builder.Services.AddSingleton<TroubleWatch>().AddSingleton<NodeEndpoint>().AddSingleton<SettingsEndpoint>().AddSingleton<WarningsEndpoint>()
            .AddSingleton<ListenersEndpoint>().AddSingleton<TokenCheckEndpoint>();
    }

    public static void MapOperator(this IEndpointRouteBuilder api)
    {
        var services = api.ServiceProvider;
        var node = services.GetRequiredService<NodeEndpoint>();
        api.MapGet("/v1/node", node.Get).WithMetadata(NotTraced.UnlessAsked);
        api.MapGet("/v1/node/events", node.Listen).WithMetadata(NotTraced.Mark);
        api.MapGet("/v1/settings", services.GetRequiredService<SettingsEndpoint>().List);
        api.MapGet("/v1/warnings", services.GetRequiredService<WarningsEndpoint>().List).WithMetadata(NotTraced.UnlessAsked);
        api.MapPost("/v1/messages/listeners", services.GetRequiredService<ListenersEndpoint>().Find)
            .WithMetadata(new RequestSizeLimitAttribute(services.GetRequiredService<MessageOptions>().MaxBytes));
        api.MapPost("/v1/tokens/check", services.GetRequiredService<TokenCheckEndpoint>().Check)
            .WithMetadata(new RequestSizeLimitAttribute(TokenCheckEndpoint.MaxBytes));
        if (services.GetRequiredService<OperatorOptions>().PageEnabled)
        {
            var page = EmbeddedPage.Read(Folder, PageFile)!;
            api.MapGet("/", context => EmbeddedPage.Answer(context, "text/html", page));
            api.MapGet("/operator/{file}", context => EmbeddedPage.Answer(context, Folder, (string)context.GetRouteValue("file")!));
        }
    }
}
