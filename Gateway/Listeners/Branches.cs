namespace RigKafka.Listeners;

/// <summary>The two pipelines behind the listeners. Each has a routing of its own, so that no route of one can be reached through the other.</summary>
internal static class Branches
{
    private const string SocketPrefix = "/socket";

    public static RequestDelegate Api(IServiceProvider services, Action<IEndpointRouteBuilder> routes)
    {
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<ApiMiddleware>();
        var branch = new ApplicationBuilder(services);
        branch.Use(next => new ApiMiddleware(next, logger).Invoke);
        branch.UseRouting();
        branch.Use(next => new ApiTokenCheck(next, services.GetRequiredService<ApiTokenOptions>()).Invoke);
        branch.Use(next => context => IsRoute(context) ? next(context) : context.AnswerError(StatusCodes.Status404NotFound));
        branch.UseEndpoints(routes);
        return branch.Build();
    }

    public static RequestDelegate External(IServiceProvider services, Action<IEndpointRouteBuilder> routes)
    {
        var branch = new ApplicationBuilder(services);
        branch.UseClientAddress(services.GetRequiredService<ListenerOptions>());
        branch.UseRouting();
        branch.Use(next => context =>
        {
            if (!IsRoute(context))
            {
                return context.AnswerNoRoute();
            }

            if (!context.Request.Path.StartsWithSegments(SocketPrefix))
            {
                RequestId.Set(context);
            }

            return next(context);
        });
        branch.UseEndpoints(routes);
        return branch.Build();
    }

    /// <summary>Routing's own endpoint for a wrong method (405) is none: the original knows no such route.</summary>
    private static bool IsRoute(HttpContext context) => context.GetEndpoint() is RouteEndpoint;
}
