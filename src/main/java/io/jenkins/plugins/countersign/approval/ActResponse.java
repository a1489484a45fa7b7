package io.jenkins.plugins.countersign.approval;

import hudson.model.Failure;
import hudson.security.AccessDeniedException3;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.sf.json.JSONObject;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.HttpResponses;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.StaplerResponse2;

/** The answer to an act: JSON for scripts and for the dialogs of the page, a page for forms without either. */
final class ActResponse implements HttpResponse {

    private static final Logger LOGGER = Logger.getLogger(ActResponse.class.getName());

    private final int status;
    private final JSONObject json;

    private ActResponse(int status, JSONObject json) {
        this.status = status;
        this.json = json;
    }

    static HttpResponse of(StaplerRequest2 request, GatePage page, Callable<String> act) {
        try {
            String message = act.call();
            return wantsJson(request)
                    ? new ActResponse(
                            200, new JSONObject().element("status", "ok").element("message", message))
                    : HttpResponses.redirectTo(303, request.getContextPath() + "/" + page.getUrl());
        } catch (Exception e) {
            return refused(request, e);
        }
    }

    static HttpResponse fileOf(StaplerRequest2 request, GatePage page, String name, Callable<byte[]> act) {
        try {
            byte[] content = act.call();
            return new Download(name, content);
        } catch (Exception e) {
            return refused(request, e);
        }
    }

    private static HttpResponse refused(StaplerRequest2 request, Exception e) {
        if (e instanceof AccessDeniedException3 denied) {
            throw denied;
        }
        int status = GateActs.statusOf(e);
        String message = GateActs.textOf(e);
        if (status == 500) {
            LOGGER.log(Level.WARNING, "an act at a gate failed", e);
            message = Messages.ActResponse_Bug();
        }
        return wantsJson(request)
                ? new ActResponse(
                        status, new JSONObject().element("status", "refused").element("message", message))
                : new RefusedPage(message);
    }

    private static boolean wantsJson(StaplerRequest2 request) {
        String accept = request.getHeader("Accept");
        return accept != null && accept.contains("application/json");
    }

    @Override
    public void generateResponse(StaplerRequest2 request, StaplerResponse2 response, Object node) throws IOException {
        response.setStatus(status);
        response.setContentType("application/json;charset=UTF-8");
        response.getWriter().print(json);
    }

    /** A file to keep, never to be shown. */
    private record Download(String name, byte[] content) implements HttpResponse {
        @Override
        public void generateResponse(StaplerRequest2 request, StaplerResponse2 response, Object node)
                throws IOException {
            response.setContentType("application/octet-stream");
            response.setHeader("Content-Disposition", "attachment; filename=\"" + name + "\"");
            response.setHeader("X-Content-Type-Options", "nosniff");
            response.setContentLength(content.length);
            response.getOutputStream().write(content);
        }
    }

    /** Jenkins' page for failures, which is 400 for every reason; a script asks for JSON and gets the status. */
    private record RefusedPage(String message) implements HttpResponse {
        @Override
        public void generateResponse(StaplerRequest2 request, StaplerResponse2 response, Object node)
                throws IOException, ServletException {
            new Failure(message).generateResponse(request, response, node, null);
        }
    }
}
