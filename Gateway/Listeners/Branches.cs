using Microsoft.Net.Http.Headers;
using RigKafka.Http;

namespace RigKafka.Listeners;

/// <summary>
/// The two pipelines behind the listeners. Each has a routing of its own, so that no route of one can be reached through the other.
/// </summary>
internal static class Branches
{
    /// <summary>The paths below it on the external port are those of the transports.</summary>
    public const string Sockets = "/socket";

    public static RequestDelegate Api(IServiceProvider services, Action<IEndpointRouteBuilder> routes)
    {
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<ApiMiddleware>();
        var branch = new ApplicationBuilder(services);
        branch.Use(next => new ApiMiddleware(next, logger).Invoke);
        branch.UseRouting();
        branch.Use(next => context => HandledAtOnce.Invoke(context, next));
        var pages = services.GetRequiredService<ApiPageOptions>();
        branch.Use(next => new ApiPageCheck(next, pages).Invoke);
        branch.UseApiCors(pages);
        branch.Use(next => new ApiTokenCheck(next, services.GetRequiredService<ApiTokens>()).Invoke);
        branch.Use(next => context => IsRoute(context) ? next(context) : context.AnswerError(StatusCodes.Status404NotFound));
        branch.Use(next => context => ContentTypeCheck.Invoke(context, next));
        branch.UseEndpoints(routes);
        return branch.Build();
    }

    public static RequestDelegate External(IServiceProvider services, Action<IEndpointRouteBuilder> routes)
    {
        var branch = new ApplicationBuilder(services);
        branch.UseClientAddress(services.GetRequiredService<ClientAddressOptions>());
        branch.UseRouting();
        branch.Use(next => context =>
        {
            if (!IsRoute(context))
            {
                return context.AnswerNoRoute();
            }

            if (!context.Request.Path.StartsWithSegments(Sockets))
            {
                RequestId.Set(context);
            }

            return next(context);
        });
        branch.UseEndpoints(routes);
        return branch.Build();
    }

    /// <summary>Answers a browser that asks whether a page of an allowed origin may call, and lets the page read the answers.</summary>
    private static void UseApiCors(this ApplicationBuilder branch, ApiPageOptions pages)
    {
        if (pages.AllowedOrigins.Count > 0)
        {
            branch.UseCors(cors => cors
                .WithOrigins([.. pages.AllowedOrigins]).AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(RequestId.Header, HeaderNames.RetryAfter));
        }
    }

    /// <summary>Routing's own endpoint for a wrong method (405) does not count: the original knows no such route.</summary>
    private static bool IsRoute(HttpContext context) => context.GetEndpoint() is RouteEndpoint;
}
